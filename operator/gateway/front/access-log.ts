// One line per model request: what its caller read in the headers, and how it ended. Nothing of what was asked or answered.
import type { Logger } from '../../telemetry/logger.ts';
import type { Ending } from '../course/attempts.ts';
import type { ModelApi } from '../dialects/model-api.ts';

/** A model request that has ended. */
export interface Access extends Ending {
  readonly workflow: string;
  readonly api: ModelApi;
  readonly streaming: boolean;
  /** 0 when the caller left before one was sent. */
  readonly status: number;
  readonly seconds: number;
  /** Only while traces are on. */
  readonly traceId: string | undefined;
}

/** A caller may ask for a model by any text. */
const MAX_NAME = 256;

/** At `debug` when the primary answered at once, else at `info`. */
export function logAccess(log: Logger, access: Access): void {
  const { outcome, by, workflow, api, streaming, status, seconds, traceId } = access;
  const failedChecks = by.failedChecks?.length ? by.failedChecks.join(',') : undefined;
  const atOnce = by.attempts === 1 && by.reason === undefined && failedChecks === undefined;
  const usual = (outcome === 'ok' || outcome === 'refused') && atOnce;
  log[usual ? 'debug' : 'info']('a request ended', {
    requestId: by.id,
    traceId,
    workflow,
    api,
    streaming,
    status,
    seconds,
    outcome,
    attempts: by.attempts,
    model: by.model,
    requestedModel: by.requestedModel?.slice(0, MAX_NAME),
    reason: by.reason,
    failedChecks,
  });
}
