// The part of an object's metadata that this project reads. An object from a file has little of it: the rest is made up
// so that every other part may rely on it.
import { z } from 'zod';
import { fieldErrors } from './field-errors.ts';
import type { FieldError } from './field-errors.ts';
import type { ObjectMeta } from './workflow.ts';

const NAME_MESSAGE = 'must be lower-case letters, digits, dots and dashes, and begin and end with a letter or digit';

const metadataSchema = z.object({
  name: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/, NAME_MESSAGE),
  namespace: z
    .string()
    .max(63)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, NAME_MESSAGE)
    .default('default'),
  uid: z.string().min(1).optional(),
  generation: z.int().default(1),
  resourceVersion: z.string().default(''),
  annotations: z.record(z.string(), z.string()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
});

/** The metadata, usable even when there are errors: what is wrong is left empty. */
export function readMetadata(value: unknown): { readonly value: ObjectMeta; readonly errors: readonly FieldError[] } {
  const read = metadataSchema.safeParse(value);
  if (!read.success) {
    const nameless = { name: '', namespace: 'default', uid: '', generation: 1, resourceVersion: '' };
    return { value: nameless, errors: fieldErrors(read.error, ['metadata']) };
  }
  const { annotations, labels, uid, ...rest } = read.data;
  return {
    value: {
      ...rest,
      uid: uid ?? `${rest.namespace}/${rest.name}`,
      ...(annotations && { annotations }),
      ...(labels && { labels }),
    },
    errors: [],
  };
}
