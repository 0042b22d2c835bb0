// Traces that go to a collector by OTLP over HTTP (protobuf). Loaded only when traces are on, because it brings the SDK. What is
// not said here the SDK takes from the OTEL_* variables of the process: sampler, resource, headers, certificates, batches, times.
import { getNumberFromEnv } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { BoundedProcessor, Losses, ToldExporter } from './bounded-spans.ts';
import type { Logger } from './logger.ts';
import { otelTracing } from './otel-spans.ts';
import type { Tracing } from './tracing.ts';

/** Spans that wait to be sent, unless OTEL_BSP_MAX_QUEUE_SIZE says otherwise: 2 to 3 MiB. */
const MAX_WAITING = 2_048;
/** For one export, unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise. */
const SEND_MS = 5_000;
/** What the last spans may cost a process that ends. */
const LAST_WORDS_MS = 5_000;

/** Where traces go, and by whose time. */
export interface OTLPOptions {
  /** The whole URL, its path included. */
  readonly url: string;
  /** `service.name`, unless the environment says otherwise. */
  readonly service: string;
  readonly instance: string;
  readonly log: Logger;
  readonly clock: { now(): number; after(delayMs: number, task: () => void): { cancel(): void } };
}

/** Traces that are being sent. */
export interface OTLPTraces {
  readonly tracing: Tracing;
  /** Sends what has ended, for five seconds at most. Never rejects. */
  stop(): Promise<void>;
}

const timeIsGiven = () =>
  (getNumberFromEnv('OTEL_EXPORTER_OTLP_TRACES_TIMEOUT') ?? getNumberFromEnv('OTEL_EXPORTER_OTLP_TIMEOUT')) !==
  undefined;

/** Starts to send to a collector. Nothing is sent before a span has ended. */
export function startOTLP({ url, service, instance, log, clock }: OTLPOptions): OTLPTraces {
  const own = resourceFromAttributes({ 'service.name': service, 'service.instance.id': instance });
  const resource = defaultResource()
    .merge(own)
    .merge(detectResources({ detectors: [envDetector] }));
  const maxWaiting = getNumberFromEnv('OTEL_BSP_MAX_QUEUE_SIZE') ?? MAX_WAITING;
  const losses = new Losses({ maxWaiting, now: () => clock.now(), log });
  const exporter = new OTLPTraceExporter({ url, ...(!timeIsGiven() && { timeoutMillis: SEND_MS }) });
  const batches = new BatchSpanProcessor(new ToldExporter(exporter, losses), { maxQueueSize: maxWaiting });
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new BoundedProcessor(batches, losses)] });
  return {
    tracing: otelTracing(provider.getTracer('mcpworkflow')),
    async stop() {
      let timer: { cancel(): void } | undefined;
      const late = new Promise<void>((resolve) => {
        timer = clock.after(LAST_WORDS_MS, resolve);
      });
      // A failure to send has been told by then.
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      timer?.cancel();
    },
  };
}
