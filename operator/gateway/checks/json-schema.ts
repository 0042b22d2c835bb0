// JSON Schemas as judges of answers: draft 2020-12, and draft-07 where `$schema` says so. Nothing remote is fetched, unknown
// keywords and formats are annotations, and patterns are linear (linear-regex.ts).
import { Ajv } from 'ajv';
import type { Options } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { countedSchema, WORK_KEYWORD } from './counted-schema.ts';
import { linearRegex } from './linear-regex.ts';
import { hasNoTwins } from './twins.ts';
import { WorkSpent } from './work.ts';
import type { Work } from './work.ts';

type Schema = Readonly<Record<string, unknown>>;

/** What a schema says of a value. `tooMuch`: it would take longer than judging an answer may. */
export type SchemaVerdict = 'keeps' | 'breaks' | 'tooMuch';

/** A schema that has been compiled. */
export type SchemaJudge = (value: unknown) => SchemaVerdict;

/** Each draft's engine, and what its schema of schemas is called. */
const DRAFTS = {
  'draft-07': { Engine: Ajv, metaSchema: 'http://json-schema.org/draft-07/schema' },
  '2020-12': { Engine: Ajv2020, metaSchema: 'https://json-schema.org/draft/2020-12/schema' },
} as const;
type Draft = keyof typeof DRAFTS;

/** The formats that the providers' structured outputs know, too. */
const FORMATS = ['date', 'date-time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'time', 'uri', 'uuid'] as const;
/** Nothing that has a format is longer; the expressions of the formats are not linear. */
const MAX_FORMATTED = 2_048;

/** A visit to a subschema takes about as long as so many instructions of an expression, most of it where it fails. */
const VISIT_STEPS = 200;

const LENIENT: Options = { strict: false, logger: false, validateFormats: true };

function draftOf({ $schema }: Schema): Draft {
  if ($schema === undefined) return '2020-12';
  const known = /^https?:\/\/json-schema\.org\/(draft-07|draft\/2020-12)\/schema#?$/;
  const [, draft] = (typeof $schema === 'string' ? known.exec($schema) : undefined) ?? [];
  if (draft === undefined) throw new Error('$schema must be that of draft-07 or of draft 2020-12');
  return draft === 'draft-07' ? draft : '2020-12';
}

function bounded(name: (typeof FORMATS)[number]): (text: string) => boolean {
  const format = addFormats.default.get(name);
  const check = typeof format === 'object' && 'validate' in format ? format.validate : format;
  const test = check instanceof RegExp ? (text: string) => check.test(text) : (check as (text: string) => boolean);
  return (text) => text.length <= MAX_FORMATTED && test(text);
}

/** An engine of its own for each schema: what one calls itself is nothing to another, and all of it goes with it. */
function engineFor(draft: Draft, work: Work): Ajv {
  const expression = (pattern: string) => ({ ...linearRegex(pattern, work), toString: () => pattern });
  const ajv: Ajv = new DRAFTS[draft].Engine({
    ...LENIENT,
    meta: false,
    validateSchema: false,
    inlineRefs: false,
    messages: false,
    code: { optimize: false, regExp: Object.assign(expression, { code: 'linearRegex' }) },
  });
  for (const name of FORMATS) ajv.addFormat(name, bounded(name));
  ajv.addKeyword({
    keyword: WORK_KEYWORD,
    schemaType: 'number',
    before: '$ref',
    errors: false,
    validate(cost: number) {
      work.spend(cost * VISIT_STEPS);
      return true;
    },
  });
  // Its own one compares every item with every other.
  ajv.removeKeyword('uniqueItems');
  return ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    errors: false,
    validate: (wanted: boolean, items: readonly unknown[]) => !wanted || hasNoTwins(items, work),
  });
}

/** Compiles schemas. */
export interface SchemaCompiler {
  /** Compiles a schema, or throws an Error whose message is for its author. */
  compile(schema: Schema): SchemaJudge;
}

function judgeWith(validate: (value: unknown) => boolean): SchemaJudge {
  return (value) => {
    try {
      return validate(value) ? 'keeps' : 'breaks';
    } catch (error) {
      // A value can be nested deeper than the stack; a schema that refers to itself follows it.
      if (error instanceof WorkSpent || error instanceof RangeError) return 'tooMuch';
      throw error;
    }
  };
}

/** A compiler of schemas, which spend `work`. What checks the schemas themselves is made at the first one of a draft. */
export function createSchemaCompiler(work: Work): SchemaCompiler {
  const meta = new Map<Draft, Ajv>();

  const metaOf = (draft: Draft): Ajv => {
    let ajv = meta.get(draft);
    if (!ajv) meta.set(draft, (ajv = new DRAFTS[draft].Engine(LENIENT)));
    return ajv;
  };

  return {
    compile(schema) {
      const draft = draftOf(schema);
      // Bounded before it is looked into: a deep schema would exhaust the stack.
      const counted = countedSchema(schema);
      const checker = metaOf(draft);
      if (checker.validate(DRAFTS[draft].metaSchema, schema) !== true)
        throw new Error(`it is no JSON Schema: ${checker.errorsText(checker.errors, { dataVar: 'schema' })}`);
      return judgeWith(engineFor(draft, work).compile<unknown>(counted));
    },
  };
}
