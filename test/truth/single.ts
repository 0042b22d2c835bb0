// What one caller gets who asks while the primary fails, and nobody knows yet that it does.
import type { Mode } from '../../operator/dev/provider/modes.ts';
import { chatCallers, messagesCallers, responsesCallers } from '../e2e/callers.ts';
import type { Judgement } from '../../operator/dev/judge-answer.ts';
import type { Caller } from '../e2e/callers.ts';
import type { Play, Scene } from './scene.ts';

/** One cell of the scorecard. */
export interface Single {
  readonly mode: Mode;
  readonly api: Caller['api'];
  readonly stream: boolean;
  readonly got: Judgement;
  readonly tookMs: number;
}

/** The ways to call, in the order of the columns. */
export const WAYS: readonly { readonly api: Caller['api']; readonly stream: boolean }[] = (
  ['messages', 'chat', 'responses'] as const
).flatMap((api) => [false, true].map((stream) => ({ api, stream })));

/** The workflow of one cell. */
export const singlePlay = (mode: Mode, { api, stream }: (typeof WAYS)[number]): Play => ({
  name: `one-${mode}-${api}${stream ? '-stream' : ''}`,
  dialect: api === 'messages' ? 'anthropic' : 'openai',
});

const CALLERS: Readonly<Record<Caller['api'], (origin: string, workflow: string) => readonly Caller[]>> = {
  messages: (origin, workflow) => messagesCallers(`${origin}/${workflow}/anthropic`),
  chat: (origin, workflow) => chatCallers(`${origin}/${workflow}/openai/v1`),
  responses: (origin, workflow) => responsesCallers(`${origin}/${workflow}/openai/v1`),
};

/** Breaks the primary of a cell and asks once. */
export async function askOnce(scene: Scene, mode: Mode, way: (typeof WAYS)[number]): Promise<Single> {
  const play = singlePlay(mode, way);
  await scene.mode(play, mode);
  const caller = CALLERS[way.api](scene.gatewayURL, `default/${play.name}`).find(({ stream }) => stream === way.stream);
  if (!caller) throw new Error(`nobody calls ${way.api}`);
  const startedAt = performance.now();
  const got = await caller.ask(`nonce-of-${play.name}`);
  return { mode, ...way, got, tookMs: performance.now() - startedAt };
}
