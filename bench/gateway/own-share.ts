// What of a request is this project's alone: its course from the desk to the answer, with objects in place of sockets. It
// varies by 3 % from run to run, where the whole process varies by 10: the figure to look at after a change.
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { systemClock } from '../../operator/clock.ts';
import { gatewayMetrics } from '../../operator/gateway-metrics.ts';
import { createChecks } from '../../operator/gateway/checks/verdict.ts';
import { createAnswerMemory } from '../../operator/gateway/course/answer-memory.ts';
import { createRetryBudget } from '../../operator/gateway/course/retry.ts';
import { watchCaller } from '../../operator/gateway/front/caller.ts';
import { Desk } from '../../operator/gateway/front/desk.ts';
import { LIMITS } from '../../operator/gateway/front/limits.ts';
import { createHealth } from '../../operator/gateway/health/health.ts';
import { createSend } from '../../operator/gateway/upstream/upstream.ts';
import { createMetrics } from '../../operator/telemetry/metrics.ts';
import { model, route, tableOf } from '../../test/operator/gateway/stage.ts';
import { median } from './quantile.ts';

const WORKFLOW = 'ns/wf';
const ROUNDS = 150;
const REQUESTS = 1_000;

const ORIGIN = 'http://127.0.0.1:1';
const TABLE = tableOf(route(['primary', 'fallback', 'last-resort'].map((name, i) => model(name, i, ORIGIN))));

const HEAD = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', connection: 'keep-alive' };
const ANSWER_HEAD = {
  'content-type': 'application/json',
  date: 'Sun, 29 Nov 2026 06:00:00 GMT',
  connection: 'keep-alive',
};
const CONTROLLER = { abort() {}, pause() {}, resume() {} } as unknown as Dispatcher.DispatchController;

/** In memory of its own, as what comes from a socket is. */
const fromSocket = (text: string): Buffer => Buffer.from(new Uint8Array(Buffer.from(text)).buffer);

/** Gives each request the next of the answers. */
function mockProvider(answers: readonly Buffer[]): Dispatcher {
  let next = 0;
  const dispatch = (_options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) => {
    const answer = answers[(next += 1) % answers.length] as Buffer;
    queueMicrotask(() => {
      handler.onRequestStart?.(CONTROLLER, undefined);
      handler.onResponseStart?.(CONTROLLER, 200, ANSWER_HEAD, 'OK');
      handler.onResponseData?.(CONTROLLER, answer);
      handler.onResponseEnd?.(CONTROLLER, {});
    });
    return true;
  };
  return { dispatch } as unknown as Dispatcher;
}

class MockResponse extends EventEmitter {
  statusCode = 0;
  headersSent = false;
  writableFinished = false;
  body: Buffer | undefined;

  writeHead(status: number): void {
    this.statusCode = status;
    this.headersSent = true;
  }

  end(body: Buffer): void {
    this.body = body;
    this.writableFinished = true;
    this.emit('close');
  }
}

function createDesk(answers: readonly Buffer[]): Desk {
  const clock = systemClock();
  const metrics = gatewayMetrics(createMetrics());
  const health = createHealth({ clock, random: Math.random, alone: () => false, metrics, startId: 'bench' });
  health.onTable(TABLE);
  const complain = (message: string) => {
    throw new Error(message);
  };
  return new Desk(() => TABLE, {
    clock,
    random: Math.random,
    log: { error: complain, warn: complain, info: complain, debug() {} },
    metrics,
    send: createSend(mockProvider(answers)),
    credentials: () => 'sk-bench',
    health,
    budget: createRetryBudget(clock),
    checksFor: createChecks(),
  });
}

/** Microseconds for one request with such a body and such an answer: the least, and the median, of many rounds. */
export async function measureOwnShare(body: string, answer: string): Promise<{ least: number; median: number }> {
  const bodies = Array.from({ length: REQUESTS }, () => fromSocket(body));
  const desk = createDesk(bodies.map(() => fromSocket(answer)));
  const memory = createAnswerMemory(LIMITS.heldAnswerBytes, LIMITS.answerBytes);
  const headers = { ...HEAD, 'content-length': String(body.length) };
  const rawHeaders = Object.entries(headers).flat();

  async function serve(bytes: Buffer): Promise<void> {
    const out = new MockResponse();
    const room = memory.open();
    const response = out as unknown as ServerResponse;
    await desk.serve({
      dialect: 'Anthropic',
      workflow: WORKFLOW,
      incoming: {
        headers,
        rawHeaders,
        url: `/${WORKFLOW}/anthropic/v1/messages`,
        method: 'POST',
      } as unknown as IncomingMessage,
      out: response,
      caller: watchCaller(response, () => room.leave()),
      room,
      body: bytes,
      id: 'req_bench',
      trace: undefined,
    });
    if (out.statusCode !== 200 || out.body?.length !== Buffer.byteLength(answer))
      throw new Error(`expected the whole answer, got ${out.body?.length} bytes with status ${out.statusCode}`);
  }

  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = performance.now();
    for (const bytes of bodies) await serve(bytes);
    rounds.push(((performance.now() - before) / REQUESTS) * 1_000);
  }
  return { least: Math.min(...rounds), median: median(rounds) };
}
