// Jest runs this once before the suites of the cluster layer: it starts the plane that they share.

import { startControlPlane } from './control-plane.ts';
import { sharedPlaneVariable, type SharedPlaneRecord } from './shared-plane.ts';

async function startSharedPlane(): Promise<void> {
  const { connection, supervisorPid } = await startControlPlane();
  const record: SharedPlaneRecord = { connection, supervisorPid };
  process.env[sharedPlaneVariable] = JSON.stringify(record);
}

// Jest takes the default export.
// eslint-disable-next-line no-restricted-exports
export default startSharedPlane;
