// Reading what another version of this program may have written: what is understood is kept, the rest is left out. To
// forget that a model is ill because of one strange word elsewhere would send traffic back to it.
import type { z } from 'zod';
import { conditionSchema, modelStatusSchema, statusSchema, transitionSchema } from './status.ts';
import type { WorkflowStatus } from './status.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields of `value` that the schema understands; undefined when a required one is not among them. */
function understood<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>, value: unknown) {
  if (!isFields(value)) return undefined;
  const kept = Object.entries(schema.shape).flatMap(([name, field]) => {
    const read = (field as z.ZodType).safeParse(value[name]);
    return read.success && read.data !== undefined ? [[name, read.data] as const] : [];
  });
  const whole = schema.safeParse(Object.fromEntries(kept));
  return whole.success ? whole.data : undefined;
}

const entries = (schema: z.ZodObject, list: unknown) =>
  Array.isArray(list) ? list.flatMap((item) => understood(schema, item) ?? []) : undefined;

/** A status as far as it can be understood; undefined when there is none, or nothing of it can be. */
export function readStatus(value: unknown): WorkflowStatus | undefined {
  if (!isFields(value)) return undefined;
  const status = understood(statusSchema, {
    ...value,
    models: entries(modelStatusSchema, value['models']),
    transitions: entries(transitionSchema, value['transitions']),
    conditions: entries(conditionSchema, value['conditions']),
  });
  return status !== undefined && Object.keys(status).length > 0 ? status : undefined;
}
