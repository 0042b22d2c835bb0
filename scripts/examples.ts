// Runs the check of every example: `examples/**/check.ts`, one process each. An example is what a user copies, so it is
// run as a user runs it.
import { spawnSync } from 'node:child_process';
import { appendFileSync, globSync } from 'node:fs';

const checks = globSync('examples/**/check.ts').sort();
let failed = 0;
for (const check of checks) {
  const { status } = spawnSync(process.execPath, [check], { stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${check}`);
  if (status !== 0) failed += 1;
}
if (checks.length === 0) {
  console.error('no examples/**/check.ts found');
  failed = 1;
}
const passed = Math.max(0, checks.length - failed);
const tallyFile = process.env['MCPWORKFLOW_TALLY'];
if (tallyFile) appendFileSync(tallyFile, `${passed} ${failed}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
