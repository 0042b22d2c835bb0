// What a request is answered with before any model is asked is counted, by the code in the error.
import { afterEach, expect, it } from '@jest/globals';
import { gatewayMetrics } from '../../../operator/gateway-metrics.ts';
import { createApiKey, hashOfApiKey } from '../../../operator/gateway/front/api-key.ts';
import { createMetrics } from '../../../operator/telemetry/metrics.ts';
import { startStage } from './stage.ts';
import type { Stage } from './stage.ts';

let stage: Stage;
afterEach(() => stage.close());

const MESSAGES = '/ns/wf/anthropic/v1/messages';
const VALID = JSON.stringify({ model: 'x', max_tokens: 8, messages: [{ role: 'user', content: 'hi' }] });
const key = createApiKey();

it.each([
  ['without a key', { url: MESSAGES, payload: VALID }, 'invalid_api_key'],
  ['to a path that is not served', { url: '/ns/wf/anthropic/v1/files', headers: { 'x-api-key': key } }, 'not_served'],
  ['outside every workflow', { url: '/v1/messages' }, 'not_found'],
  ['that is no JSON', { url: MESSAGES, payload: '{', headers: { 'x-api-key': key } }, 'invalid_json'],
])('a request %s is counted', async (_name, request, code) => {
  const metrics = createMetrics();
  stage = await startStage({ metrics: gatewayMetrics(metrics) });
  stage.use(stage.usual({ keyHashes: [hashOfApiKey(key)] }));
  await stage.gateway.app.inject({ method: 'POST', ...request });
  expect(await metrics.text()).toContain(`mcpworkflow_gateway_refusals_total{code="${code}"} 1`);
});

it('an answer of a model is none', async () => {
  const metrics = createMetrics();
  stage = await startStage({ metrics: gatewayMetrics(metrics) });
  const { statusCode } = await stage.gateway.app.inject({ method: 'POST', url: MESSAGES, payload: VALID });
  expect(statusCode).toBe(200);
  expect(await metrics.text()).not.toContain('mcpworkflow_gateway_refusals_total{');
});
