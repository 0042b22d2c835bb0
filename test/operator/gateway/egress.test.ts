// A request whose model leads where it may not: the next one is asked, and nothing is held against the first.
import { afterEach, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { egressConnector } from '../../../operator/egress-connector.ts';
import type { LookupAll } from '../../../operator/egress-connector.ts';
import type { Protocol } from '../../../lib/api/spec.ts';
import { startStage, target } from './stage.ts';
import type { Stage } from './stage.ts';

let stage: Stage;
afterEach(() => stage.close());

const toLoopback: LookupAll = (_host, _options, answer) => answer(null, [{ address: '127.0.0.1', family: 4 }]);

/** A gateway in a cluster whose primary is a Service that leads to loopback; the fallback's host is in the catalog. */
async function start() {
  let listed: readonly string[] = [];
  stage = await startStage({
    connect: egressConnector({
      policy: () => ({ catalogHosts: listed, allowUpstream: [], inCluster: true }),
      timeoutMs: 1_000,
      lookup: toLoopback,
    }),
  });
  listed = [new URL(stage.fallback.origin).host];
  const baseURL = `http://vllm.ns.svc:${new URL(stage.primary.origin).port}`;
  const targets = (protocol: Protocol) => ({ [protocol]: target('primary', protocol, baseURL) });
  stage.use(stage.usual({}, { targets: { ...targets('Anthropic'), ...targets('OpenAI') } }));
}

const ask = (path: string, method: 'GET' | 'POST' = 'POST') =>
  request(`${stage.origin}/ns/wf/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(method === 'POST' && { body: '{"max_tokens":9,"messages":[]}' }),
  });

describe('a model whose name leads where no workflow may call', () => {
  it.each(['anthropic/v1/messages', 'openai/v1/chat/completions'])('is passed over, at %s', async (path) => {
    await start();
    for (let turn = 0; turn < 4; turn += 1) {
      const answer = await ask(path);
      expect(await answer.body.text()).toContain('from the fallback');
      expect(answer.headers).toMatchObject({
        'x-mcpworkflow-model': 'fallback',
        'x-mcpworkflow-reason': 'EgressDenied',
        'x-mcpworkflow-attempts': '2',
      });
    }
    expect(stage.primary.seen).toEqual([]);
    expect(stage.gateway.breakers()).toEqual({ open: 0, halfOpen: 0 });
    expect(JSON.stringify(stage.gateway.counters())).not.toContain('EgressDenied');
  });

  it('is named when it is asked alone', async () => {
    await start();
    const answer = await ask('anthropic/v1/models', 'GET');
    expect(answer.statusCode).toBe(503);
    expect(await answer.body.text()).toContain('primary could not be asked: EgressDenied');
  });
});
