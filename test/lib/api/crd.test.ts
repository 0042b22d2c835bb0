import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { workflowCrd } from '../../../lib/api/crd.ts';
import { structuralSchema } from '../../../lib/api/structural.ts';
import type { StructuralSchema } from '../../../lib/api/structural.ts';

type Version = {
  readonly schema: { readonly openAPIV3Schema: StructuralSchema };
  readonly additionalPrinterColumns: readonly { readonly name: string }[];
};
const version = () => (workflowCrd().spec['versions'] as readonly Version[])[0]!;
const root = () => version().schema.openAPIV3Schema;

interface Field {
  readonly path: string;
  readonly schema: StructuralSchema;
}
function fieldsOf(schema: StructuralSchema, path = ''): readonly Field[] {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, StructuralSchema>);
  const items = schema['items'] as StructuralSchema | undefined;
  return [
    ...properties.flatMap(([name, child]) => [
      { path: `${path}.${name}`, schema: child },
      ...fieldsOf(child, `${path}.${name}`),
    ]),
    ...(items ? fieldsOf(items, `${path}[]`) : []),
  ];
}
const everyField = () => fieldsOf(root()).filter(({ path }) => path !== '.metadata');
const ofSpec = () => everyField().filter(({ path }) => path.startsWith('.spec.'));

describe('the CRD', () => {
  it('describes every field', () => {
    expect(everyField().length).toBeGreaterThan(60);
    expect(
      everyField()
        .filter(({ schema }) => !schema['description'])
        .map(({ path }) => path),
    ).toEqual([]);
  });

  it('bounds every string and list', () => {
    const unbounded = everyField().filter(({ path, schema }) => {
      if (['.apiVersion', '.kind'].includes(path)) return false;
      const text = schema['type'] === 'string' && !schema['enum'] && schema['maxLength'] === undefined;
      return text || (schema['type'] === 'array' && schema['maxItems'] === undefined);
    });
    expect(unbounded.map(({ path }) => path)).toEqual([]);
  });

  it('says of every list how it merges', () => {
    const silent = everyField().filter(({ schema }) => schema['type'] === 'array' && !schema['x-kubernetes-list-type']);
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it('requires the keys of keyed lists', () => {
    for (const { schema } of everyField().filter(({ schema }) => schema['x-kubernetes-list-type'] === 'map')) {
      const item = schema['items'] as StructuralSchema;
      expect(item['required']).toEqual(expect.arrayContaining(schema['x-kubernetes-list-map-keys'] as string[]));
    }
  });

  it('has a default for each field that the schema fills in, and for the objects around it', () => {
    const withDefault = ofSpec()
      .filter(({ schema }) => 'default' in schema)
      .map(({ path }) => path);
    expect(withDefault).toEqual(
      expect.arrayContaining([
        '.spec.detection',
        '.spec.detection.errorRate',
        '.spec.detection.errorRate.window',
        '.spec.models.fallbacks',
      ]),
    );
  });

  it('makes a new object read as in progress', () =>
    expect(root()).toMatchObject({ properties: { status: { default: { observedGeneration: -1 } } } }));

  it('prints the columns that the on-call person reads', () =>
    expect(
      version()
        .additionalPrinterColumns.map(({ name }) => name.toUpperCase())
        .join(' '),
    ).toBe('PHASE ACTIVE PRIMARY REASON SWITCHES SINCE AGE'));

  it('has a short name and a category', () =>
    expect(workflowCrd()).toMatchObject({ spec: { names: { shortNames: ['mwf'], categories: ['mcp'] } } }));

  it('is the file in crds/', () => {
    const file = readFileSync(new URL('../../../crds/mcpworkflows.ai.example.com.yaml', import.meta.url), 'utf8');
    expect(parse(file)).toEqual(workflowCrd());
    expect(file).toMatch(/^# generated .* do not edit: npm run generate\n/);
  });

  it('is the same bytes each time', () => expect(JSON.stringify(workflowCrd())).toBe(JSON.stringify(workflowCrd())));
});

describe('every field of the spec', () => {
  it('stands once in examples/yaml/02-every-field.yaml', () => {
    const file = readFileSync(new URL('../../../examples/yaml/02-every-field.yaml', import.meta.url), 'utf8');
    const { spec } = parse(file) as { spec: unknown };
    const paths = new Set<string>();
    const walk = (value: unknown, path: string): void => {
      if (Array.isArray(value)) return value.forEach((item) => walk(item, `${path}[]`));
      if (typeof value !== 'object' || value === null) return;
      for (const [key, child] of Object.entries(value)) {
        paths.add(`${path}.${key}`);
        walk(child, `${path}.${key}`);
      }
    };
    walk(spec, '.spec');
    expect(
      ofSpec()
        .map(({ path }) => path)
        .filter((path) => !paths.has(path)),
    ).toEqual([]);
  });
});

describe('structuralSchema', () => {
  it.each([
    ['a union of shapes', z.object({ a: z.union([z.object({ b: z.string() }), z.object({ c: z.string() })]) })],
    [
      'a schema that contains itself',
      z.object({
        get self() {
          return z.array(z.object({ self: z.string() })).or(z.string());
        },
      }),
    ],
  ])('stops at %s, naming the place', (_, schema) => expect(() => structuralSchema(schema)).toThrow(/^\$\.(a|self): /));

  it('leaves out what the API server refuses', () => {
    const text = JSON.stringify(
      structuralSchema(z.strictObject({ a: z.int(), b: z.record(z.string().max(3), z.string()) })),
    );
    expect(text).not.toMatch(/propertyNames|"additionalProperties":false|9007199254740991|\$schema/);
    expect(text).toContain('"additionalProperties":{"type":"string"}');
  });
});
