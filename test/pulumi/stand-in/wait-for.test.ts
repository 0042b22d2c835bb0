import { describe, expect, it } from '@jest/globals';
import { awaitedConditions, missingConditions } from './wait-for.ts';

const waitFor = (text: string) => ({ 'pulumi.com/waitFor': text });

describe('an annotation', () => {
  it.each([
    ['that is not there asks for nothing', {}, []],
    ['names a condition that is to be True', waitFor('condition=Ready'), [{ type: 'Ready', status: 'True' }]],
    ['may name another status', waitFor('condition=Stalled=False'), [{ type: 'Stalled', status: 'False' }]],
    [
      'may be a list, all of which is waited for',
      waitFor('["condition=Ready", "condition=Stalled=False"]'),
      [
        { type: 'Ready', status: 'True' },
        { type: 'Stalled', status: 'False' },
      ],
    ],
    ['loses against skipAwait', { ...waitFor('condition=Ready'), 'pulumi.com/skipAwait': 'true' }, []],
  ])('%s', (_, annotations, awaited) => {
    expect(awaitedConditions(annotations)).toEqual(awaited);
  });

  it('with a JSONPath is refused, not ignored', () => {
    expect(() => awaitedConditions(waitFor('jsonpath={.status.phase}'))).toThrow(
      'the stand-in provider waits for condition=TYPE or condition=TYPE=STATUS, not jsonpath={.status.phase}',
    );
  });
});

describe('a condition is missing', () => {
  const ready = [{ type: 'Ready', status: 'True' }];
  const object = (status: unknown) => ({ metadata: { generation: 2 }, status });
  const condition = (more: object = {}) => ({ type: 'Ready', status: 'True', ...more });
  it.each([
    ['yes: there is no status', undefined, ready],
    ['yes: it has another status', { conditions: [condition({ status: 'False' })] }, ready],
    ['yes: it is about an older generation', { conditions: [condition({ observedGeneration: 1 })] }, ready],
    ['yes: the whole status is about an older one', { observedGeneration: 1, conditions: [condition()] }, ready],
    ['no: it is about this generation', { conditions: [condition({ observedGeneration: 2 })] }, []],
    [
      'no: what the condition itself says of the generation counts',
      { observedGeneration: 1, conditions: [condition({ observedGeneration: 2 })] },
      [],
    ],
    ['no: nothing says of which generation it is', { conditions: [condition()] }, []],
    ['no: capitals do not matter', { conditions: [condition({ type: 'READY', status: 'true' })] }, []],
  ])('%s', (_, status, missing) => {
    expect(missingConditions(object(status), ready)).toEqual(missing);
  });
});
