import { describe, expect, it } from '@jest/globals';
import { storyInSteps } from './steps.ts';

/** A story whose steps are called one after the other, with what became of each. */
async function tell(...works: readonly (() => Promise<void>)[]) {
  let number = 0;
  let looks = 0;
  const story = storyInSteps({
    current: () => `step ${number}`,
    onFailure: () => Promise.resolve(void (looks += 1)),
  });
  const outcomes: string[] = [];
  for (const work of works) {
    number += 1;
    await story
      .step(work)()
      .then(
        () => outcomes.push('passed'),
        (error: Error) => outcomes.push(error.message),
      );
  }
  return { story, outcomes, looks };
}

const good = () => Promise.resolve();
const bad = () => Promise.reject(new Error('no such pod'));

describe('a story in steps', () => {
  it('goes on while its steps succeed, and has a line for each and one for all', async () => {
    const { story, outcomes, looks } = await tell(good, good);
    expect({ outcomes, looks, failed: story.failed() }).toEqual({
      outcomes: ['passed', 'passed'],
      looks: 0,
      failed: undefined,
    });
    expect(story.table('all of it')).toMatch(
      /^ +\d+\.\d s {2}step 1\n +\d+\.\d s {2}step 2\n +\d+\.\d s {2}all of it\n$/,
    );
  });

  it('ends at the step that fails: it is looked into once, and the others fail untried', async () => {
    let tried = false;
    const { story, outcomes, looks } = await tell(good, bad, async () => void (tried = true));
    expect(outcomes).toEqual(['passed', 'no such pod', 'not tried, because a step before it failed: step 2']);
    expect({ tried, looks, failed: story.failed() }).toEqual({ tried: false, looks: 1, failed: 'step 2' });
    expect(story.table('all of it')).not.toContain('step 3');
  });
});
