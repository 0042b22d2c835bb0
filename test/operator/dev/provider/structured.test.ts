// The structured output of a simulated model keeps to the schema that its request declares.
import { describe, expect, it } from '@jest/globals';
import { createSchemaCompiler } from '../../../../operator/gateway/checks/json-schema.ts';
import { createWork } from '../../../../operator/gateway/checks/work.ts';
import { declaredSchema, OFF_SCHEMA, structuredAnswer } from '../../../../operator/dev/provider/structured.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['severity', 'note', 'score', 'tags', 'next', 'kind', 'who'],
  $defs: { person: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } } },
  properties: {
    severity: { enum: ['low', 'high'] },
    note: { type: ['string', 'null'] },
    score: { type: 'integer', minimum: 3 },
    tags: { type: 'array', items: { type: 'boolean' }, minItems: 1 },
    next: { anyOf: [{ type: 'null' }, { type: 'object' }] },
    kind: { const: 'ticket' },
    who: { $ref: '#/$defs/person' },
  },
};

describe('a declared schema', () => {
  it.each([
    ['Messages', { output_config: { format: { type: 'json_schema', schema } } }],
    ['Messages, as it was', { output_format: { type: 'json_schema', schema } }],
    ['Chat Completions', { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }],
    ['Responses', { text: { format: { type: 'json_schema', name: 'x', schema } } }],
  ])('is found in a request of %s', (_api, body) => expect(declaredSchema(body)).toEqual(schema));

  it.each([{}, { text: { format: { type: 'text' } } }, { response_format: { type: 'json_object' } }])(
    'is not found where there is none: %j',
    (body) => expect(declaredSchema(body)).toBeUndefined(),
  );
});

it('the answer keeps to the schema, and the other one breaks it', () => {
  const judge = createSchemaCompiler(createWork()).compile(schema);
  expect(judge(JSON.parse(structuredAnswer(schema)))).toBe('keeps');
  expect(judge(JSON.parse(OFF_SCHEMA))).toBe('breaks');
});

it('a schema that is itself ends somewhere', () => {
  expect(JSON.parse(structuredAnswer({ type: 'object', properties: { next: { $ref: '#' } } }))).toHaveProperty('next');
  expect(JSON.parse(structuredAnswer({ $ref: '#' }))).toBeNull();
});
