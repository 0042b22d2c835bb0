// Jest runs this once after the suites of the cluster layer. The supervisor removes the plane, also when this never runs.

import { existsSync } from 'node:fs';
import { until } from './plane-access.ts';
import { readSharedPlane, sharedPlaneVariable } from './shared-plane.ts';

async function stopSharedPlane(): Promise<void> {
  const record = readSharedPlane(process.env);
  if (record === undefined) return;
  Reflect.deleteProperty(process.env, sharedPlaneVariable);
  process.kill(record.supervisorPid, 'SIGTERM');
  await until('the shared control plane to be gone', () => !existsSync(record.connection.folder));
}

// Jest takes the default export.
// eslint-disable-next-line no-restricted-exports
export default stopSharedPlane;
