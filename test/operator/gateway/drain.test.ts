// How a gateway ends, on a clock that moves only when the test says so.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as turn, setTimeout as shortly } from 'node:timers/promises';
import { Agent, Client, request } from 'undici';
import { steppedClock } from '../../fakes/clock.ts';
import type { SteppedClock } from '../../fakes/clock.ts';
import { startStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { goodStream } from './upstream.ts';

const LIMITS = { lingerMs: 5_000, graceMs: 60_000 };

let stage: Stage;
let clock: SteppedClock;
let agent: Agent;
beforeEach(async () => {
  clock = steppedClock();
  stage = await startStage({ clock });
  agent = new Agent();
});
afterEach(async () => {
  await agent.destroy();
  await Promise.all([stage.primary.close(), stage.fallback.close()]);
});

const ask = (stream: boolean) =>
  request(`${stage.origin}/ns/wf/anthropic/v1/messages`, {
    dispatcher: agent,
    method: 'POST',
    body: JSON.stringify({ stream, messages: [] }),
  });

/** A streaming request that has had its first content. */
async function streaming() {
  const { body } = await ask(true);
  const seen = { text: '', broken: false };
  body.on('data', (part: Buffer) => (seen.text += part.toString()));
  body.on('error', () => (seen.broken = true));
  const ended = new Promise<void>((resolve) => body.once('close', resolve));
  while (!seen.text.includes('content_block_delta')) await shortly(1);
  return { seen, ended };
}

/** Lets what has happened on sockets come to an end. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await turn();
}

describe('a gateway that is told to end', () => {
  it('still serves who comes while it lingers, and sends them elsewhere for the next request', async () => {
    const stopped = stage.gateway.stop(LIMITS);
    const { statusCode, headers, body } = await ask(false);
    expect(statusCode).toBe(200);
    expect(headers['connection']).toBe('close');
    await body.dump();
    await clock.advance(LIMITS.lingerMs);
    await stopped;
    await expect(ask(false)).rejects.toThrow();
  });

  it('leaves an idle connection open while it lingers, because a request may be on its way over it', async () => {
    const idle = new Client(stage.origin);
    const askOverIt = () =>
      idle.request({ path: '/ns/wf/anthropic/v1/messages', method: 'POST', body: '{"messages":[]}' });
    await (await askOverIt()).body.dump();
    let broken = 0;
    idle.on('disconnect', () => (broken += 1));
    const stopped = stage.gateway.stop(LIMITS);
    await (await ask(false)).body.dump();
    await settle();
    const brokenByOthers = broken;
    const { statusCode, body } = await askOverIt();
    await body.dump();
    await clock.advance(LIMITS.lingerMs);
    await stopped;
    await idle.destroy();
    expect([brokenByOthers, statusCode]).toEqual([0, 200]);
  });

  it('lets a stream in flight end whole, and ends with it', async () => {
    stage.primary.text = 'x'.repeat(60);
    const { seen, ended } = await streaming();
    const stopped = stage.gateway.stop(LIMITS);
    await clock.advance(LIMITS.lingerMs);
    await ended;
    await stopped;
    expect(seen).toEqual({ text: goodStream('messages', stage.primary.text).join(''), broken: false });
  });

  it('breaks off what goes on beyond the limit, and not before', async () => {
    stage.use(stage.usual({ streamIdleTimeout: 600_000 }));
    stage.primary.mode = 'hangAfterContent';
    const { seen, ended } = await streaming();
    const stopped = stage.gateway.stop(LIMITS);
    await clock.advance(LIMITS.lingerMs);
    await settle();
    await clock.advance(LIMITS.graceMs - 1);
    await settle();
    expect(seen.broken).toBe(false);
    await clock.advance(1);
    await ended;
    await stopped;
    expect(seen.broken).toBe(true);
    expect(seen.text).not.toContain('message_stop');
  });
});
