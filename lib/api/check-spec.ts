// The output checks that a workflow adds to the built-in ones. The API server judges which fields go together and whether a
// pattern compiles; whether a JSON Schema compiles only the operator can tell.
import { z } from 'zod';
import { described } from './fields.ts';
import type { CelRule } from './fields.ts';

/** What a check of the spec can look at. */
export const CHECK_TYPES = ['JSONSchema', 'Regex', 'NotRefused'] as const;

/** What becomes of an answer that fails. */
export const CHECK_ACTIONS = ['NextModel', 'Block', 'Log'] as const;

/** A schema, written as JSON, may have so many characters: about what providers take. */
export const MAX_SCHEMA_CHARACTERS = 64 * 1024;

const REGEX_FIELDS = 'pattern and match belong to a check of type Regex, and it needs both';
const SCHEMA_FIELD = 'schema belongs to a check of type JSONSchema, and it needs one';
const LOG_BUFFER = 'a check with onFail Log holds nothing back: leave buffer out, or choose NextModel or Block';

const RULES: readonly CelRule[] = [
  { rule: "(self.type == 'Regex') == has(self.pattern)", message: REGEX_FIELDS, fieldPath: '.pattern' },
  { rule: "(self.type == 'Regex') == has(self.match)", message: REGEX_FIELDS, fieldPath: '.match' },
  { rule: "(self.type == 'JSONSchema') == has(self.schema)", message: SCHEMA_FIELD, fieldPath: '.schema' },
  { rule: "self.onFail != 'Log' || self.buffer != 'Full'", message: LOG_BUFFER, fieldPath: '.buffer' },
];

// Go's and our RE2 take the same patterns; one that does not compile is an error of the rule, which refuses it as well.
const COMPILES: CelRule = {
  rule: "[''.matches(self)].size() == 1",
  message: 'pattern must be a regular expression in RE2 syntax',
};

const fields = z.object({
  name: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'a check is named by lower-case letters, digits and dashes')
    .meta(described('What headers, errors and logs call it.')),
  type: z
    .enum(CHECK_TYPES)
    .meta(
      described(
        'JSONSchema: the text is JSON that keeps to schema. Regex: the text matches pattern, or must not. NotRefused: the model did not decline.',
      ),
    ),
  schema: z
    .record(z.string(), z.unknown())
    .refine(
      (schema) => JSON.stringify(schema).length <= MAX_SCHEMA_CHARACTERS,
      `schema must have at most ${MAX_SCHEMA_CHARACTERS} characters, written as JSON`,
    )
    .meta({
      ...described('A JSON Schema, draft 2020-12, or draft-07 where $schema says so. Nothing remote is fetched.'),
      'x-kubernetes-preserve-unknown-fields': true,
    })
    .optional(),
  pattern: z
    .string()
    .min(1)
    .max(1024)
    .meta(described('A regular expression in RE2 syntax, found anywhere in the text.', COMPILES))
    .optional(),
  match: z
    .enum(['Required', 'Forbidden'])
    .meta(described('Required: an answer without a match fails. Forbidden: one with a match fails.'))
    .optional(),
  onFail: z
    .enum(CHECK_ACTIONS)
    .default('NextModel')
    .meta(
      described(
        'NextModel: the next model is asked. Block: nobody else is asked and the caller gets an error. Log: the answer goes on and the failure is told.',
      ),
    ),
  buffer: z
    .enum(['None', 'Full'])
    .default('None')
    .meta(
      described(
        'Of streams. None: content goes on at once, and a stream that fails at its end ends in an error. Full: the whole stream is held until it is judged.',
      ),
    ),
});

type Fields = z.output<typeof fields>;
type Context = Pick<z.core.$RefinementCtx, 'addIssue'>;

function refuseStrangeFields(check: Fields, context: Context): void {
  const report = (field: keyof Fields, message: string) => context.addIssue({ code: 'custom', path: [field], message });
  const isRegex = check.type === 'Regex';
  for (const field of ['pattern', 'match'] as const) {
    if (isRegex !== (check[field] !== undefined)) report(field, REGEX_FIELDS);
  }
  if ((check.type === 'JSONSchema') !== (check.schema !== undefined)) report('schema', SCHEMA_FIELD);
  if (check.onFail === 'Log' && check.buffer === 'Full') report('buffer', LOG_BUFFER);
}

export const checkSchema = fields
  .superRefine(refuseStrangeFields)
  .meta(described('One check. It is judged on the text of an answer.', ...RULES));

/** A check with every default filled in. */
export type CheckSpec = z.output<typeof checkSchema>;
