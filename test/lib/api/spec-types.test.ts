import { describe, expect, it } from '@jest/globals';
import { specSchema } from '../../../lib/api/spec.ts';
import type { WorkflowSpecInput } from '../../../lib/api/spec.ts';
import type { MCPWorkflowSpec } from '../../../lib/api/spec-types.ts';

// What may be written: lists are not changed, and a field that is absent is absent rather than undefined.
type Written<T> = T extends readonly (infer Entry)[]
  ? readonly Written<Entry>[]
  : T extends object
    ? { readonly [Field in keyof T]: Written<Exclude<T[Field], undefined>> }
    : T;

/** Only `true` is a value of it when each type takes what the other gives. */
type Same<One, Other> = [One, Other] extends [Other, One] ? true : false;

describe('the generated interfaces', () => {
  it('say what the schema says, by the compiler', () => {
    const same: Same<MCPWorkflowSpec, Written<WorkflowSpecInput>> = true;
    // The comparison can fail: with one field less, or one of another type, it does.
    const less: Same<Omit<MCPWorkflowSpec, 'models'>, Written<WorkflowSpecInput>> = false;
    const other: Same<Omit<MCPWorkflowSpec, 'pin'> & { readonly pin?: number }, Written<WorkflowSpecInput>> = false;
    expect([same, less, other]).toEqual([true, false, false]);
  });

  it('take a spec with a field of every kind, which the schema takes as well', () => {
    const spec: MCPWorkflowSpec = {
      interval: '3s',
      models: {
        primary: 'a',
        fallbacks: ['b'],
        overrides: [{ model: 'b', parameters: { set: { temperature: 0, stop: ['x', 1, true, null] } } }],
      },
      checks: [{ name: 'shape', type: 'JSONSchema', schema: { type: 'object' } }],
    };
    expect(specSchema.safeParse(spec).success).toBe(true);
  });
});
