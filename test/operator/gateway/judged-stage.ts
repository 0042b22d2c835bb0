// A gateway whose answers are judged, between callers and two providers: the primary answers badly and the fallback well,
// unless a test has it otherwise.
import { noMetrics } from '../../../operator/gateway/health/metrics.ts';
import type { ModelApi } from '../../../operator/gateway/dialects/model-api.ts';
import type { CheckSubject, RouteCheck } from '../../../operator/routes/types.ts';
import { askerOf } from './ask.ts';
import type { Got } from './ask.ts';
import { startStage } from './stage.ts';
import type { Stage } from './stage.ts';

export const GOOD = '{"severity":"low"}';
export const SCHEMA = { type: 'object', required: ['severity'], properties: { severity: { enum: ['low', 'high'] } } };

export const check = (subject: CheckSubject, change: Partial<RouteCheck> = {}): RouteCheck => ({
  name: 'shape',
  subject,
  onFail: 'NextModel',
  buffer: 'None',
  ...change,
});
export const jsonSchema = (schema: object = SCHEMA): CheckSubject => ({ type: 'JSONSchema', schema: { ...schema } });
export const regex = (pattern: string, match: 'Required' | 'Forbidden'): CheckSubject => ({
  type: 'Regex',
  pattern,
  match,
});

/** How a request of each API declares a schema. */
const DECLARED: Readonly<Record<ModelApi, (schema: unknown) => object>> = {
  messages: (schema) => ({ output_config: { format: { type: 'json_schema', schema } } }),
  chat: (schema) => ({ response_format: { type: 'json_schema', json_schema: { name: 'ticket', schema } } }),
  responses: (schema) => ({ text: { format: { type: 'json_schema', name: 'ticket', schema } } }),
};

export interface JudgedStage {
  readonly stage: Stage;
  /** What the metric of failed checks counted: type and onFail. */
  readonly counted: string[];
  /** The fields of the log lines at `info`. */
  readonly lines: Record<string, unknown>[];
  /** Puts a route with these checks into service; no breaker remembers the one before. */
  use(...checks: RouteCheck[]): void;
  ask(api: ModelApi, stream: boolean, more?: object): Promise<Got>;
  /** Asks with a schema of the caller's own. */
  askFor(api: ModelApi, stream: boolean, schema: unknown): Promise<Got>;
  /** The failures that the gateway has counted against a model since the last reset. */
  failuresOf(model: string): readonly { readonly failures: number; readonly lastFailure?: string | undefined }[];
  /** As at the start. */
  reset(): void;
  close(): Promise<void>;
}

export async function startJudgedStage(): Promise<JudgedStage> {
  const counted: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const errors: string[] = [];
  let uid = '';
  const started = await startStage({
    metrics: { ...noMetrics(), checkFailed: ({ type, onFail }) => void counted.push(`${type} ${onFail}`) },
    log: {
      error: (sentence, fields) => void errors.push(`${sentence} ${String((fields?.['error'] as Error)?.stack)}`),
      warn: () => {},
      info: (_sentence, fields) => void lines.push({ ...fields }),
      debug: () => {},
    },
  });
  const stage = { ...started, errors };
  const asker = askerOf(stage.origin);
  const ask: JudgedStage['ask'] = (api, stream, more = {}) =>
    asker.post(api, JSON.stringify({ model: 'any', stream, messages: [{ role: 'user', content: 'hi' }], ...more }));
  return {
    stage,
    counted,
    lines,
    use: (...checks) => stage.use(stage.usual({ uid, checks })),
    ask,
    askFor: (api, stream, schema) => ask(api, stream, DECLARED[api](schema)),
    failuresOf: (model) =>
      stage.gateway
        .counters()
        .entries.filter((entry) => entry.uid === uid && entry.target.startsWith(model))
        .map(({ failures, lastFailure }) => ({ failures, lastFailure })),
    reset() {
      Object.assign(stage.primary, { mode: 'ok', text: '{"severity":"none"}' });
      Object.assign(stage.fallback, { mode: 'ok', text: GOOD });
      for (const list of [stage.primary.seen, stage.fallback.seen, errors, counted, lines]) list.length = 0;
      uid = `uid-${Math.random()}`;
    },
    async close() {
      await asker.close();
      await stage.close();
    },
  };
}
