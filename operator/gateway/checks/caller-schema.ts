// The JSON schema that a request itself declares, where each API has a place for it.
import { LRUCache } from 'lru-cache';
import { fieldsOf } from '../json/json-fields.ts';
import type { Fields } from '../json/json-fields.ts';
import type { ModelApi } from '../dialects/model-api.ts';
import { memberOf } from '../json/scan.ts';
import type { ScannedRequest } from '../json/scan.ts';
import { createSchemaCompiler } from './json-schema.ts';
import type { SchemaJudge } from './json-schema.ts';
import type { Work } from './work.ts';

/** Larger declarations are not read: what is in them is between the caller and the provider. */
const MAX_DECLARATION_BYTES = 64 * 1024;
/** So many compiled schemas are kept, and so many characters of what they were declared by. */
const KEPT = { max: 256, maxSize: 4 * 1024 * 1024 };

/** The top-level members of a request that may declare a schema, newest first. */
const MEMBERS: Readonly<Record<ModelApi, readonly string[]>> = {
  messages: ['output_config', 'output_format'],
  chat: ['response_format'],
  responses: ['text'],
};

/** The schema in the value of such a member. */
function schemaIn(member: string, value: Fields): unknown {
  const format = member === 'output_config' || member === 'text' ? fieldsOf(value['format']) : value;
  if (format['type'] !== 'json_schema') return undefined;
  return member === 'response_format' ? fieldsOf(format['json_schema'])['schema'] : format['schema'];
}

/** What a member declares: it is remembered, too, when we cannot judge by it. */
interface Declared {
  readonly judge: SchemaJudge | undefined;
}

/** Finds and compiles the schemas of callers. */
export interface CallerSchemas {
  /** The judge by the request's own schema; undefined when it declares none, or none that we can judge by. */
  of(api: ModelApi, request: ScannedRequest): SchemaJudge | undefined;
}

/** Knows no schema yet; those that it will know spend `work`. */
export function createCallerSchemas(work: Work): CallerSchemas {
  const compiler = createSchemaCompiler(work);
  const kept = new LRUCache<string, Declared>({ ...KEPT, sizeCalculation: (_declared, source) => source.length });

  const compile = (member: string, text: string): SchemaJudge | undefined => {
    const schema = schemaIn(member, fieldsOf(JSON.parse(text)));
    if (typeof schema !== 'object' || schema === null) return undefined;
    try {
      return compiler.compile(fieldsOf(schema));
    } catch {
      // It is the provider's to say so, if it minds: to its caller a schema that only we cannot read is none.
      return undefined;
    }
  };
  return {
    of(api, { bytes, object }) {
      for (const name of MEMBERS[api]) {
        const member = memberOf(object, name);
        if (!member || member.valueEnd - member.valueStart > MAX_DECLARATION_BYTES) continue;
        const text = bytes.toString('utf8', member.valueStart, member.valueEnd);
        const source = `${name}:${text}`;
        let declared = kept.get(source);
        if (!declared) kept.set(source, (declared = { judge: compile(name, text) }));
        if (declared.judge) return declared.judge;
      }
      return undefined;
    },
  };
}
