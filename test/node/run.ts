// `npm run test:e2e [-- jest arguments…]`: the tests that need a real node. Where none can run that is said in one line, and
// nothing counts as passed or failed.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { givenCluster, whyNoCluster } from './cluster.ts';

const why = whyNoCluster();
if (why === undefined) {
  const jest = join(import.meta.dirname, '../../scripts/jest.ts');
  // The machine has one node at a time.
  // In a cluster that somebody has only the story is told; the other tests are of the node itself.
  const suites = givenCluster(process.env) ? ['test/node/story'] : [];
  const args = [jest, 'node', '--runInBand', ...suites, ...process.argv.slice(2)];
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
} else {
  process.stdout.write(
    `not run here: ${why}; or set KUBECONFIG to a cluster and MCPWORKFLOW_E2E_LOAD to a command that loads an image archive\n`,
  );
}
