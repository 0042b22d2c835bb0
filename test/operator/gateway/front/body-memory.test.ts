// Room for bodies, and what callers are told when there is none.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as shortly } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { request } from 'undici';
import type { Identity } from '../../../../operator/gateway/front/access.ts';
import { createBodyMemory } from '../../../../operator/gateway/front/body-memory.ts';
import { LIMITS } from '../../../../operator/gateway/front/limits.ts';
import { startStage } from '../stage.ts';
import type { Stage } from '../stage.ts';

let stage: Stage | undefined;
afterEach(() => stage?.close());

describe('room for bodies', () => {
  it('is given back once, in whatever order requests shrink and leave', () => {
    const step = fc.record({ bytes: fc.nat(100), shrinkTo: fc.nat(100), leaves: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const memory = createBodyMemory(100);
        const rooms = steps.map(({ bytes, shrinkTo, leaves }) => {
          const room = memory.enter(bytes);
          room?.shrinkTo(shrinkTo);
          for (let times = 0; times < leaves; times += 1) room?.leave();
          return room;
        });
        for (const room of rooms) room?.leave();
        expect(memory.enter(100)).toBeDefined();
        expect(memory.enter(1)).toBeUndefined();
      }),
    );
  });
});

describe('a gateway whose memory is full', () => {
  const body = JSON.stringify({ messages: [], pad: 'x'.repeat(600) });
  const send = (
    options: { readonly signal?: AbortSignal; readonly inChunks?: boolean; readonly token?: string } = {},
  ) =>
    request(`${stage?.origin}/ns/wf/anthropic/v1/messages`, {
      method: 'POST',
      body: options.inChunks ? Readable.from([body]) : body,
      signal: options.signal ?? null,
      headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
    });
  async function until(isSo: () => boolean) {
    while (!isSo()) await shortly(1);
  }

  it('tells who comes beyond to come again, and serves them once a body is let go', async () => {
    stage = await startStage({ limits: { heldBytes: 1_000 } });
    const { primary } = stage;
    primary.mode = 'hang';
    const leaving = new AbortController();
    const first = send({ signal: leaving.signal }).catch(() => 'left');
    await until(() => primary.seen.length === 1);
    const second = await send();
    expect(second.statusCode).toBe(503);
    expect(second.headers).toMatchObject({ 'retry-after': '1', 'x-should-retry': 'true' });
    expect(await second.body.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } });
    expect(primary.seen).toHaveLength(1);
    primary.mode = 'ok';
    leaving.abort();
    expect(await first).toBe('left');
    await until(() => primary.abandoned() === 1);
    expect((await send()).statusCode).toBe(200);
  });

  it('holds no more of a body in chunks than it turned out to have', async () => {
    stage = await startStage({ limits: { heldBytes: LIMITS.bodyBytes + body.length } });
    const { primary } = stage;
    primary.mode = 'hang';
    const leaving = new AbortController();
    const first = send({ inChunks: true, signal: leaving.signal }).catch(() => 'left');
    await until(() => primary.seen.length === 1);
    primary.mode = 'ok';
    expect((await send({ inChunks: true })).statusCode).toBe(200);
    leaving.abort();
    expect(await first).toBe('left');
  });

  it('holds nothing for a caller that left while somebody was asked about its token', async () => {
    const reviewed = Promise.withResolvers<Identity>();
    const ours: Identity = { kind: 'serviceAccount', namespace: 'ns' };
    stage = await startStage({
      limits: { heldBytes: body.length },
      mustProve: true,
      whose: (token) => (token === 'slow' ? reviewed.promise : Promise.resolve(ours)),
    });
    const leaving = new AbortController();
    const arrived = once(stage.gateway.app.server, 'request') as Promise<[unknown, ServerResponse]>;
    const first = send({ token: 'slow', signal: leaving.signal }).catch(() => 'left');
    const [, response] = await arrived;
    leaving.abort();
    await until(() => response.destroyed);
    reviewed.resolve(ours);
    expect(await first).toBe('left');
    expect((await send({ token: 'quick' })).statusCode).toBe(200);
    expect(stage.primary.seen).toHaveLength(1);
  });
});
