// The gateway's measurements under the names of the metric table.
import type { GatewayMetrics, RequestOutcome } from './gateway/health/metrics.ts';
import type { Metrics } from './telemetry/metrics.ts';

const OUTCOMES: Readonly<Record<RequestOutcome, string>> = {
  ok: 'served',
  refused: 'refusal',
  callerError: 'callerFault',
  noModel: 'failed',
  overloaded: 'overloaded',
  checkFailed: 'checkFailed',
  told: 'told',
  clientGone: 'left',
  internal: 'failed',
};

const statusClass = (status: number): string =>
  status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : 'none';

/** Passes measurements on. */
export function gatewayMetrics(metrics: Metrics): GatewayMetrics {
  return {
    request(dialect, streaming, outcome, status, seconds) {
      metrics.requests.inc({ dialect, outcome: OUTCOMES[outcome], status_class: statusClass(status) });
      metrics.requestDuration.observe({ dialect, streaming: String(streaming) }, seconds);
    },
    refusal: (code) => metrics.refusals.inc({ code }),
    attempt: (reason) => metrics.attempts.inc({ reason }),
    failover: (reason) => metrics.failovers.inc({ reason }),
    checkFailed: ({ type, onFail }) => metrics.failedChecks.inc({ type, on_fail: onFail }),
    retry: (result) => metrics.retries.inc({ result }),
    firstContent: (dialect, seconds) => metrics.timeToFirstContent.observe({ dialect }, seconds),
    told: (reason) => metrics.toldStreams.inc({ reason }),
    truncated: (committed) => metrics.truncated.inc({ committed: String(committed) }),
    openStreams: (change) => metrics.openStreams.inc(change),
  };
}
