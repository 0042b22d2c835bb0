// A crowd of callers at the moment at which the primary fails: who asks before, during and after it.
import type { Mode } from '../../operator/dev/provider/modes.ts';
import type { Judgement } from '../../operator/dev/judge-answer.ts';
import { crowdAt } from '../e2e/crowd.ts';
import type { Play, Scene } from './scene.ts';

/** What one crowd got. */
export interface Crowd {
  readonly mode: Mode;
  readonly got: Readonly<Record<Judgement['kind'], number>>;
  readonly slowestMs: number;
}

/** Callers at once. */
export const CLIENTS = 20;
/** Requests of all of them together. */
export const REQUESTS = 300;

/** The workflows of one crowd, by dialect. */
export const crowdPlays = (mode: Mode): readonly [Play, Play] => [
  { name: `crowd-${mode}-a`, dialect: 'anthropic' },
  { name: `crowd-${mode}-o`, dialect: 'openai' },
];

/** How the primary fails: `refuse` takes its whole server away, and breaks every connection that is open. */
async function fail(scene: Scene, mode: Mode): Promise<void> {
  if (mode === 'refuse') return scene.primariesDie();
  for (const play of crowdPlays(mode)) await scene.mode(play, mode);
}

/** Lets the crowd ask, one answer after the other, while the primary fails after half of the requests. */
export async function playCrowd(scene: Scene, mode: Mode): Promise<Crowd> {
  const [anthropic, openai] = crowdPlays(mode).map(({ name }) => `default/${name}`) as [string, string];
  const crowd = [false, true].flatMap((stream) =>
    crowdAt(scene.gatewayURL, { anthropic, openai }, { size: CLIENTS / 2, stream }),
  );
  const got = { whole: 0, told: 0, lost: 0, truncated: 0 };
  let asked = 0;
  let slowestMs = 0;
  const askInTurn = async ({ ask }: (typeof crowd)[number]) => {
    while (asked < REQUESTS) {
      asked += 1;
      const nonce = `nonce-${mode}-${asked}`;
      // Not waited for before asking: it fails while requests are under way.
      const failing = asked === REQUESTS / 2 ? fail(scene, mode) : undefined;
      const startedAt = performance.now();
      got[(await ask(nonce)).kind] += 1;
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      await failing;
    }
  };
  await Promise.all(crowd.map(askInTurn));
  return { mode, got, slowestMs };
}
