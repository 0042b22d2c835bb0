import { describe, expect, test } from '@jest/globals';
import * as pulumi from '@pulumi/pulumi';
import { waitingFor } from '../../../lib/pulumi/wait-for.ts';

const waits = { 'pulumi.com/waitFor': 'condition=Ready' };
type Given = Parameters<typeof waitingFor>[1];

const known = (value: ReturnType<typeof waitingFor>) =>
  new Promise((resolve) => {
    pulumi.output(value).apply(resolve);
  });

describe('metadata that wait for a condition', () => {
  test.each<readonly [string, Given, unknown]>([
    ['are made where there are none', undefined, { annotations: waits }],
    [
      'keep name and annotations',
      { name: 'a', annotations: { b: 'c' } },
      { name: 'a', annotations: { b: 'c', ...waits } },
    ],
    [
      'wait for what a person wants instead',
      { annotations: { 'pulumi.com/waitFor': 'jsonpath={.status.phase}=Healthy' } },
      { annotations: { 'pulumi.com/waitFor': 'jsonpath={.status.phase}=Healthy' } },
    ],
    [
      'do not wait where a person wants none of it',
      { annotations: { 'pulumi.com/skipAwait': 'true' } },
      { annotations: { 'pulumi.com/skipAwait': 'true' } },
    ],
    [
      'may have annotations that are known later',
      { annotations: pulumi.output({ b: 'c' }) },
      { annotations: { b: 'c', ...waits } },
    ],
    ['may be known later', pulumi.output({ name: 'a' }), { name: 'a', annotations: waits }],
  ])('%s', async (_, given, expected) => {
    expect(await known(waitingFor('Ready', given))).toEqual(expected);
  });

  test('let a late name pass without an apply', () => {
    const name = pulumi.output('late');
    expect((waitingFor('Ready', { name }) as { readonly name: unknown }).name).toBe(name);
  });
});
