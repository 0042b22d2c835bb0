// Traffic that lasts no longer than the test that started it.
import { afterEach } from '@jest/globals';
import type { Traffic } from './traffic.ts';

/**
 * Ends with its test the traffic that it is given: also after a failed one, because a caller that goes on for ever would keep
 * the run from ending. To be called once in a file.
 */
export function endWithTest(): (traffic: Traffic) => Traffic {
  const running: Traffic[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((traffic) => traffic.stop()));
  });
  return (traffic) => {
    running.push(traffic);
    return traffic;
  };
}
