// Runs the check of every example: `examples/**/check.ts`, one process each. An example is what a user copies, so it is
// run as a user runs it.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { endSuite } from './tally.ts';

const checks = globSync('examples/**/check.ts').sort();
let failed = 0;
for (const check of checks) {
  const { status } = spawnSync(process.execPath, [check], { stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${check}`);
  if (status !== 0) failed += 1;
}
if (checks.length === 0) {
  console.error('no examples/**/check.ts found');
}
endSuite(checks.length - failed, failed);
