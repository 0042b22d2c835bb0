// Previews or deploys a program that fails, and says how. A process of its own: once the engine gives up on a program, the SDK's
// calls that are under way are cut off one by one, and the SDK leaves some of those to whoever runs the process.
import grpc from '@grpc/grpc-js';
import { writeSync } from 'node:fs';
import { openStack, type EnginePlace } from './engine.ts';
import { platformProgram } from './platform-program.ts';
import { refusedPrograms, type RefusedProgram } from './refused-programs.ts';

/** What to run. */
export interface RefusedRun {
  readonly place: EnginePlace;
  readonly stack: string;
  readonly baseURL: string;
  readonly program: RefusedProgram;
  readonly command: 'preview' | 'up';
}

const isCutOff = (reason: unknown): boolean =>
  reason instanceof Error &&
  'code' in reason &&
  (reason.code === grpc.status.UNAVAILABLE || reason.code === grpc.status.CANCELLED);

async function runRefused({ place, stack, baseURL, program, command }: RefusedRun): Promise<string | undefined> {
  process.on('unhandledRejection', (reason) => {
    if (!isCutOff(reason)) throw reason;
  });
  const opened = await openStack(place, stack, platformProgram({ baseURL, more: refusedPrograms[program] }));
  return opened[command]().then(
    () => undefined,
    (error: unknown) => String(error),
  );
}

const said = await runRefused(JSON.parse(process.argv[2] ?? '') as RefusedRun);
writeSync(1, said ?? 'it did not fail');
process.exit(said === undefined ? 0 : 1);
