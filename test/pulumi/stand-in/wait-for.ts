// What `pulumi.com/waitFor` asks for, and whether an object has come that far. Only conditions: JSONPath is the real
// provider's.
import { isObject } from './values.ts';
import type { Properties } from './values.ts';

const ANNOTATION = 'pulumi.com/waitFor';

/** A condition that must have a status, such as Ready that must be True. */
export interface AwaitedCondition {
  readonly type: string;
  readonly status: string;
}

/** Of an object. */
export type Annotations = Readonly<Record<string, string>>;

/** What an object's annotation asks for; all of it must come. Throws for what this provider cannot wait for. */
export function awaitedConditions(annotations: Annotations): readonly AwaitedCondition[] {
  if (annotations['pulumi.com/skipAwait'] === 'true') return [];
  const text = annotations[ANNOTATION];
  if (text === undefined) return [];
  const parts = text.trimStart().startsWith('[') ? (JSON.parse(text) as readonly string[]) : [text];
  return parts.map(parseCondition);
}

function parseCondition(text: string): AwaitedCondition {
  const [, type, status = 'True'] = /^condition=([^=]+)(?:=(.+))?$/.exec(text) ?? [];
  if (type === undefined) {
    throw new Error(
      `${ANNOTATION}: the stand-in provider waits for condition=TYPE or condition=TYPE=STATUS, not ${text}`,
    );
  }
  return { type, status };
}

/** The awaited conditions that a live object does not have, or has only for an older generation. */
export function missingConditions(live: Properties, awaited: readonly AwaitedCondition[]): readonly AwaitedCondition[] {
  const metadata = isObject(live['metadata']) ? live['metadata'] : {};
  const status = isObject(live['status']) ? live['status'] : {};
  const conditions: readonly unknown[] = Array.isArray(status['conditions']) ? status['conditions'] : [];
  return awaited.filter(
    (wanted) =>
      !conditions.some(
        (condition) =>
          isObject(condition) &&
          same(condition['type'], wanted.type) &&
          same(condition['status'], wanted.status) &&
          isCurrent(condition['observedGeneration'] ?? status['observedGeneration'], metadata['generation']),
      ),
  );
}

const same = (is: unknown, wanted: string): boolean =>
  typeof is === 'string' && is.toLowerCase() === wanted.toLowerCase();

/** A condition that says of no generation counts: so do kubectl and the real provider read it. */
const isCurrent = (observed: unknown, generation: unknown): boolean =>
  typeof observed !== 'number' || typeof generation !== 'number' || observed >= generation;
