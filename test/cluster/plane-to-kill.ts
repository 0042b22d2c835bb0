// A program for control-plane.test.ts: starts a control plane, tells where it is, and waits to be killed.

import { startControlPlane } from './control-plane.ts';

const plane = await startControlPlane();
process.stdout.write(`${JSON.stringify({ processes: plane.processes(), folder: plane.connection.folder })}\n`);
setInterval(() => undefined, 60_000);
