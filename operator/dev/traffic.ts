// Callers for the demo: several at once, streaming and not, each asking something of its own and checking what it got.
import { Agent, request } from 'undici';
import type { Clock } from '../clock.ts';
import { judgeAnswer } from './judge-answer.ts';
import type { Judgement, Received } from './judge-answer.ts';

/** What callers sent, and what became of it. */
export interface Tally {
  readonly sent: number;
  readonly whole: number;
  readonly lost: number;
  readonly told: number;
  readonly truncated: number;
  readonly byModel: Readonly<Record<string, number>>;
  /** Why requests were lost, each sentence once. */
  readonly why: readonly string[];
}

/** Running callers. */
export interface Traffic {
  tally(): Tally;
  /** Sends nothing more; resolves when every request that was sent is judged. */
  stop(): Promise<Tally>;
}

/** Who asks whom, and how often. */
export interface TrafficOptions {
  /** An `ANTHROPIC_BASE_URL`. */
  readonly baseURL: string;
  readonly callers: number;
  /** Between the end of an answer and the next request. */
  readonly pauseMs: number;
  readonly clock: Clock;
  readonly onJudged: (judgement: Judgement, at: number) => void;
}

const PATIENCE_MS = 30_000;

async function ask(agent: Agent, url: string, prompt: string, stream: boolean): Promise<Received> {
  let body = '';
  const response = await request(url, {
    dispatcher: agent,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'x-api-key': 'demo' },
    body: JSON.stringify({ model: 'any', max_tokens: 256, stream, messages: [{ role: 'user', content: prompt }] }),
  });
  const served = response.headers['x-mcpworkflow-model'];
  const head = { status: response.statusCode, servedBy: typeof served === 'string' ? served : undefined };
  try {
    for await (const part of response.body as AsyncIterable<Buffer>) body += part.toString('utf8');
    return { ...head, body, broken: false };
  } catch {
    return { ...head, body, broken: true };
  }
}

/** Starts the callers; every second one streams. */
export function startTraffic({ baseURL, callers, pauseMs, clock, onJudged }: TrafficOptions): Traffic {
  const agent = new Agent({ allowH2: false, headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS });
  const counts = { sent: 0, whole: 0, lost: 0, told: 0, truncated: 0 };
  const byModel: Record<string, number> = {};
  const why = new Set<string>();
  let running = true;

  const pause = () => new Promise<void>((resolve) => void clock.after(pauseMs, resolve));
  const tally = (): Tally => ({ ...counts, byModel: { ...byModel }, why: [...why] });

  const judgeOne = async (prompt: string, stream: boolean): Promise<Judgement> => {
    try {
      return judgeAnswer(await ask(agent, `${baseURL}/v1/messages`, prompt, stream), prompt, stream);
    } catch (error) {
      return { kind: 'lost', why: error instanceof Error ? error.message : 'no answer' };
    }
  };

  const record = (judgement: Judgement) => {
    counts[judgement.kind] += 1;
    if (judgement.kind === 'whole') byModel[judgement.model] = (byModel[judgement.model] ?? 0) + 1;
    if (judgement.kind === 'lost') why.add(judgement.why);
    onJudged(judgement, clock.now());
  };

  const call = async (caller: number): Promise<void> => {
    for (let turn = 1; running; turn += 1) {
      counts.sent += 1;
      record(await judgeOne(`question ${turn} of caller ${caller}`, caller % 2 === 0));
      await pause();
    }
  };

  const calls = Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  return {
    tally,
    async stop() {
      running = false;
      await calls;
      await agent.close();
      return tally();
    },
  };
}
