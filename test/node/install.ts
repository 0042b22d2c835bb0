// `npm run test:e2e:install`: what a node needs beside its own programs, from Debian.

import { spawnSync } from 'node:child_process';
import { DEBIAN_PACKAGES } from './why-no-node.ts';

for (const args of [['update'], ['install', '--yes', '--no-install-recommends', ...Object.keys(DEBIAN_PACKAGES)]]) {
  const { status, error } = spawnSync('apt-get', args, { stdio: 'inherit' });
  if (error)
    process.stderr.write(
      `apt-get cannot be run (${error.message}): install ${Object.keys(DEBIAN_PACKAGES).join(', ')}\n`,
    );
  if (status !== 0) process.exit(1);
}
