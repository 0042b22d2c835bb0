// How every suite ends: its two numbers for people, and for whoever adds up several suites.
import { appendFileSync } from 'node:fs';

/**
 * Prints `N passed, N failed` and leaves the numbers in the file that MCPWORKFLOW_TALLY names. The process is to end with 1 when
 * anything failed, or nothing was run.
 */
export function endSuite(passed: number, failed: number): void {
  const file = process.env['MCPWORKFLOW_TALLY'];
  if (file) appendFileSync(file, `${passed} ${failed}\n`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
