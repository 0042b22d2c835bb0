// The arguments say what the options and the schema say, field by field: the compiler proves it.
import { expect, test } from '@jest/globals';
import type * as pulumi from '@pulumi/pulumi';
import type { MCPWorkflowSpec } from '../../../lib/api/spec-types.ts';
import type { PlatformOptions } from '../../../lib/manifests/platform-options.ts';
import type { MCPOperatorArgs } from '../../../lib/pulumi/operator-args.ts';
import type { MCPWorkflowSpecArgs } from '../../../lib/pulumi/spec-args.ts';

/** What a field holds when nothing is late. */
type Plain<T> = Exclude<NonNullable<T>, Promise<unknown> | pulumi.OutputInstance<unknown>>;

/** Every field with what it holds, all the way down; whether one is optional is in it, whether it may be late is not. */
type Shape<T> = T extends readonly (infer Entry)[]
  ? readonly Shape<Plain<Entry>>[]
  : T extends object
    ? { [Field in keyof T]: Shape<Plain<T[Field]>> }
    : T;

type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

test('an operator takes every option, and no other', () => {
  const same: Same<Shape<MCPOperatorArgs>, Shape<PlatformOptions>> = true;
  const different: Same<Shape<MCPOperatorArgs>, Shape<Omit<PlatformOptions, 'labels'>>> = false;
  expect([same, different]).toEqual([true, false]);
});

test('a workflow takes every field of the spec, and no other', () => {
  const same: Same<Shape<MCPWorkflowSpecArgs>, Shape<MCPWorkflowSpec>> = true;
  const different: Same<Shape<MCPWorkflowSpecArgs>, Shape<Omit<MCPWorkflowSpec, 'pin'>>> = false;
  expect([same, different]).toEqual([true, false]);
});
