// A gateway that traces, between callers and two providers, and the spans that it made.
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { setTimeout as shortly } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { WorkflowRoute } from '../../../operator/routes/types.ts';
import { recordSpans } from '../../fakes/span-recorder.ts';
import type { SpanRecorder } from '../../fakes/span-recorder.ts';
import { startStage } from './stage.ts';
import type { Stage } from './stage.ts';

/** A caller's trace, and its span in it. */
export const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
export const PARENT = '00f067aa0ba902b7';
export const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;

export const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId;
export const hasFailed = (span: ReadableSpan | undefined) => span?.status.code === SpanStatusCode.ERROR;

export interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly method?: 'POST' | 'GET';
  /** Of another stage. */
  readonly origin?: string;
}

export interface TracedStage {
  readonly recorder: SpanRecorder;
  readonly stage: Stage;
  readonly agent: Agent;
  /** Puts the usual route with changes into service, without further tries; no breaker remembers the one before. */
  use(change?: Partial<WorkflowRoute>): void;
  /** A stage that differs from the usual one, until the next reset. */
  another(options?: Parameters<typeof startStage>[0]): Promise<Stage>;
  /** The status of the answer, once it is at its end and all spans are. */
  ask(path: string, asked?: Asked): Promise<number>;
  untilEnded(): Promise<void>;
  /** The spans of requests. */
  requests(): readonly ReadableSpan[];
  /** Of the only request. */
  request(): ReadableSpan;
  /** In their order. */
  attempts(): readonly ReadableSpan[];
  /** As at the start. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

const numberOf = ({ attributes }: ReadableSpan) => Number(attributes['mcpworkflow.attempt']);

export async function startTracedStage(): Promise<TracedStage> {
  const recorder = recordSpans();
  const stage = await startStage({ tracing: recorder.tracing });
  const agent = new Agent();
  const others: Stage[] = [];
  const named = (kind: SpanKind) => recorder.ended.filter((span) => span.kind === kind);
  const traced: TracedStage = {
    recorder,
    stage,
    agent,
    use: (change) => stage.use(stage.usual({ uid: `uid-${Math.random()}`, retries: 0, ...change })),
    async another(options = {}) {
      const other = await startStage({ tracing: recorder.tracing, ...options });
      others.push(other);
      return other;
    },
    async ask(path, { headers = {}, body = '{}', method = 'POST', origin = stage.origin } = {}) {
      const options = { dispatcher: agent, method, headers, ...(method === 'POST' && { body }) };
      const answer = await request(`${origin}${path}`, options);
      await answer.body.text().catch(() => 'broken');
      await traced.untilEnded();
      return answer.statusCode;
    },
    async untilEnded() {
      for (let waits = 0; recorder.open() > 0; waits += 1) {
        if (waits > 2_000) throw new Error(`${recorder.open()} spans did not end`);
        await shortly(1);
      }
    },
    requests: () => named(SpanKind.SERVER),
    request() {
      const [span, ...more] = traced.requests();
      if (!span || more.length > 0) throw new Error(`expected one request, got ${more.length + (span ? 1 : 0)}`);
      return span;
    },
    attempts: () => named(SpanKind.CLIENT).sort((a, b) => numberOf(a) - numberOf(b)),
    async reset() {
      recorder.clear();
      for (const other of others.splice(0)) await other.close();
      for (const upstream of [stage.primary, stage.fallback]) {
        Object.assign(upstream, { mode: 'ok', status: 500, headers: {}, errorBody: undefined });
        upstream.seen.length = 0;
      }
      stage.primary.text = 'hello';
      stage.fallback.text = 'from the fallback';
      stage.errors.length = 0;
      traced.use();
    },
    async close() {
      await traced.reset();
      await agent.destroy();
      await stage.close();
    },
  };
  return traced;
}
