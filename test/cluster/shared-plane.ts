// One control plane for all cluster suites of a jest run: starting one takes seconds and 350 MB, a namespace takes neither.
// Suites that restart the API server, or change what is not in a namespace, start their own with startControlPlane().

import { startControlPlane } from './control-plane.ts';
import { openAccess, type PlaneAccess, type PlaneConnection } from './plane-access.ts';

/** The environment variable by which the run's global setup hands its plane to the suites. */
export const sharedPlaneVariable = 'MCPWORKFLOW_TEST_PLANE';

/** What the variable holds, as JSON. */
export interface SharedPlaneRecord {
  readonly connection: PlaneConnection;
  readonly supervisorPid: number;
}

/** A plane that others may be using too. */
export interface SharedPlane extends PlaneAccess {
  /** Lets go of it; the plane itself goes on for the other suites. */
  stop(): Promise<void>;
}

/** Attaches to the run's plane. Outside a jest run, where there is none, it starts one that `stop` ends. */
export async function sharedControlPlane(env: NodeJS.ProcessEnv = process.env): Promise<SharedPlane> {
  const record = readSharedPlane(env);
  if (record === undefined) return startControlPlane();
  const access = openAccess(record.connection);
  return { ...access, stop: () => access.forgetConnections() };
}

/** What the environment says about the run's plane, if it has one. */
export function readSharedPlane(env: NodeJS.ProcessEnv): SharedPlaneRecord | undefined {
  const text = env[sharedPlaneVariable];
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as SharedPlaneRecord);
}
