// Traces as a collector gets them, over HTTP and in protobuf, and what becomes of them when there is no collector.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../operator/clock.ts';
import { startOTLP } from '../../../operator/telemetry/otlp-traces.ts';
import type { OTLPTraces } from '../../../operator/telemetry/otlp-traces.ts';
import { steppedClock } from '../../fakes/clock.ts';
import { startOTLPReceiver } from '../../fakes/otlp-receiver.ts';
import type { OTLPReceiver } from '../../fakes/otlp-receiver.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const CALLER = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'vendor=1' };
const TOKEN = 'Bearer collector-secret-81c2';

const before = { ...process.env };
let receiver: OTLPReceiver;
let running: OTLPTraces[];
let warnings: (readonly [sentence: string, fields: unknown])[];
beforeEach(async () => {
  receiver = await startOTLPReceiver();
  running = [];
  warnings = [];
});
afterEach(async () => {
  for (const traces of running) await traces.stop();
  await receiver.close();
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name];
  Object.assign(process.env, before);
});

function start(
  env: Readonly<Record<string, string>> = {},
  url = `${receiver.origin}/v1/traces`,
  clock = systemClock(),
) {
  Object.assign(process.env, env);
  const ignore = () => {};
  const warn = (sentence: string, fields: unknown) => void warnings.push([sentence, fields]);
  const log = { error: ignore, warn, info: ignore, debug: ignore };
  const traces = startOTLP({ url, service: 'mcpworkflow-gateway', instance: 'i-1', log, clock });
  running.push(traces);
  return traces;
}

/** A request with one call, both at their end. */
function trace({ tracing }: OTLPTraces, caller: { readonly traceparent?: string } = CALLER): void {
  const request = tracing.request('POST', caller);
  const call = request.call('chat up');
  call.set({ 'gen_ai.request.model': 'up', 'mcpworkflow.attempt': 1, stream: true, left: undefined });
  call.event('mcpworkflow.commit');
  call.end('Overloaded');
  request.set({ 'mcpworkflow.failed_checks': ['a', 'b'] });
  request.end();
}

// proves requests-are-followed
describe('a collector', () => {
  it('gets the request as a part of its caller’s trace, and the call as a part of the request', async () => {
    const traces = start();
    trace(traces);
    await traces.stop();
    const [call, request] = receiver.spans;
    expect(receiver.requests.map(({ url, headers }) => [url, headers['content-type']])).toEqual([
      ['/v1/traces', 'application/x-protobuf'],
    ]);
    expect(request).toMatchObject({
      ...{ traceId: TRACE, parentId: PARENT, traceState: 'vendor=1', name: 'POST', kind: 'server', failed: false },
      attributes: { 'mcpworkflow.failed_checks': ['a', 'b'] },
    });
    expect(call).toMatchObject({
      ...{ traceId: TRACE, parentId: request?.spanId, name: 'chat up', kind: 'client', failed: true },
      events: ['mcpworkflow.commit'],
    });
    expect(call?.attributes).toEqual({
      'gen_ai.request.model': 'up',
      'mcpworkflow.attempt': 1,
      stream: true,
      'error.type': 'Overloaded',
    });
  });

  it('is told who sends, and by which name its operators know it', async () => {
    const traces = start({ OTEL_SERVICE_NAME: 'models', OTEL_RESOURCE_ATTRIBUTES: 'k8s.pod.name=gw-0,team=a%2Cb' });
    trace(traces);
    await traces.stop();
    expect(receiver.spans[0]?.resource).toMatchObject({
      'service.name': 'models',
      'service.instance.id': 'i-1',
      'k8s.pod.name': 'gw-0',
      team: 'a,b',
      'telemetry.sdk.name': 'opentelemetry',
    });
  });

  it('knows the gateway by its own name otherwise', async () => {
    const traces = start();
    trace(traces);
    await traces.stop();
    expect(receiver.spans[0]?.resource['service.name']).toBe('mcpworkflow-gateway');
  });

  it('gets its token, and the log does not', async () => {
    receiver.status = 403;
    const traces = start({ OTEL_EXPORTER_OTLP_HEADERS: `authorization=${encodeURIComponent(TOKEN)}` });
    trace(traces);
    await traces.stop();
    expect(receiver.requests[0]?.headers.authorization).toBe(TOKEN);
    expect(JSON.stringify(warnings)).not.toContain('secret');
  });

  it.each([
    ['traceidratio', '0', {}, 0],
    ['traceidratio', '1', {}, 2],
    ['always_off', undefined, CALLER, 0],
    ['parentbased_always_off', undefined, CALLER, 2],
    ['parentbased_always_off', undefined, {}, 0],
  ])('gets what the sampler %s (%s) chooses', async (sampler, share, caller, spans) => {
    const traces = start({ OTEL_TRACES_SAMPLER: sampler, ...(share && { OTEL_TRACES_SAMPLER_ARG: share }) });
    trace(traces, caller);
    await traces.stop();
    expect(receiver.spans).toHaveLength(spans);
  });
});

describe('trouble with a collector', () => {
  it('is told by its class, and what could not be sent is counted', async () => {
    receiver.status = 400;
    const traces = start();
    trace(traces);
    await traces.stop();
    expect(warnings).toEqual([
      ['spans could not be sent; they are lost', { spans: 2, error: 'OTLPExporterError', code: '400' }],
    ]);
  });

  it('keeps nobody waiting for more than five seconds at the end', async () => {
    const gone = await startOTLPReceiver();
    await gone.close();
    const clock = steppedClock();
    const traces = start({ OTEL_EXPORTER_OTLP_TIMEOUT: '1500' }, `${gone.origin}/v1/traces`, clock);
    trace(traces);
    let stopped = false;
    const stopping = traces.stop().then(() => (stopped = true));
    await clock.advance(4_999);
    expect(stopped).toBe(false);
    await clock.advance(1);
    await stopping;
    expect(clock.pending()).toBe(0);
  });

  it('drops what is beyond the bound and says so', async () => {
    const traces = start({ OTEL_BSP_MAX_QUEUE_SIZE: '4', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4' });
    receiver.status = 500;
    for (let i = 0; i < 10; i += 1) trace(traces);
    expect(warnings).toEqual([['spans are dropped: more end than the collector takes', { spans: 1 }]]);
  });
});
