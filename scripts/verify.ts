// `npm run verify`: everything that CI runs, in the order in which a failure is cheapest to see. The last line adds up
// every suite; each check that is not a test suite counts as one.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Step {
  readonly script: string;
  /** Leaves its own numbers in the tally file. */
  readonly counts: boolean;
}

const STEPS: readonly Step[] = [
  { script: 'format:check', counts: false },
  { script: 'lint', counts: false },
  { script: 'lint:imports', counts: false },
  { script: 'types', counts: false },
  { script: 'generate:check', counts: false },
  { script: 'test:unit', counts: true },
  { script: 'test:python', counts: true },
  { script: 'test:package', counts: true },
  { script: 'test:cluster', counts: true },
  { script: 'test:pulumi', counts: true },
  { script: 'test:e2e', counts: true },
  { script: 'examples', counts: true },
  { script: 'truth:quick', counts: true },
];

const folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-verify-'));
const tallyFile = join(folder, 'tally');
writeFileSync(tallyFile, '');

let passed = 0;
const failing: string[] = [];
for (const { script, counts } of STEPS) {
  const startedAt = performance.now();
  console.log(`── npm run ${script}`);
  const { status } = spawnSync('npm', ['run', '--silent', script], {
    stdio: 'inherit',
    env: { ...process.env, MCPWORKFLOW_TALLY: tallyFile },
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`── npm run ${script}: ${status === 0 ? 'ok' : 'FAILED'} in ${seconds} s`);
  if (!counts && status === 0) passed += 1;
  if (status !== 0) failing.push(script);
}
let failed = 0;
for (const line of readFileSync(tallyFile, 'utf8').split('\n').filter(Boolean)) {
  const [ok = 0, bad = 0] = line.split(' ').map(Number);
  passed += ok;
  failed += bad;
}
// A script that failed without a failed test of its own still counts.
failed = Math.max(failed, failing.length);
rmSync(folder, { recursive: true, force: true });
if (failing.length > 0) console.log(`failed: ${failing.join(', ')}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
