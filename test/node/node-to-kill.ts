// Starts a node, prints its folder, and waits: a program for a test to kill.

import { startNode } from './start-node.ts';

const { folder, supervisorPid } = await startNode();
process.stdout.write(`${JSON.stringify({ folder, supervisorPid })}\n`);
setInterval(() => undefined, 60_000);
