import { describe, expect, it } from '@jest/globals';
import { PROTOCOLS } from '../../../lib/api/spec.ts';
import { callerPolicy, callPolicy, connectionVariables } from '../../../lib/manifests/connection.ts';
import type { Connection } from '../../../lib/manifests/connection.ts';
import { gatewayUrl } from '../../../lib/manifests/gateway-url.ts';
import { newKey } from '../../../operator/print-key.ts';
import { dialectOf, placeOf, splitUrl } from '../../../operator/gateway/front/paths.ts';
import { parse } from 'yaml';

const workflow = { namespace: 'support', name: 'triage-bot' };
/** What the official SDKs put behind their base URL. */
const FIRST_CALL = { Anthropic: '/v1/messages', OpenAI: '/chat/completions' } as const;

describe('gatewayUrl', () => {
  it.each(PROTOCOLS)('is what the gateway serves to the SDK of %s', (dialect) => {
    const { pathname } = new URL(`${gatewayUrl({}, workflow, dialect)}${FIRST_CALL[dialect]}`);
    expect(pathname.startsWith('/support/triage-bot/')).toBe(true);
    expect(dialectOf(pathname)).toBe(dialect);
    expect(placeOf(dialect, 'POST', splitUrl(pathname).below)).toBeDefined();
  });

  it.each([
    ['plain HTTP in the namespace of the platform', {}, 'http://mcpworkflow-gateway.mcpworkflow-system.svc:4000'],
    ['another namespace', { namespace: 'ai' }, 'http://mcpworkflow-gateway.ai.svc:4000'],
    ['a certificate', { tls: true }, 'https://mcpworkflow-gateway.mcpworkflow-system.svc:4000'],
  ])('reaches a gateway with %s', (_, gateway, origin) =>
    expect(gatewayUrl(gateway, workflow, 'Anthropic')).toBe(`${origin}/support/triage-bot/anthropic`),
  );
});

describe('connectionVariables', () => {
  const namesOf = (connection: Partial<Connection>) =>
    connectionVariables({ gateway: {}, workflow, ...connection }).map(({ name }) => name);

  it('are those that the official SDKs read', () =>
    expect(namesOf({})).toEqual(['ANTHROPIC_BASE_URL', 'ANTHROPIC_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_API_KEY']));

  it.each([
    ['Anthropic', ['ANTHROPIC_BASE_URL', 'ANTHROPIC_API_KEY']],
    ['OpenAI', ['OPENAI_BASE_URL', 'OPENAI_API_KEY']],
  ] as const)('leave the other SDK alone when only %s is asked for', (dialect, names) =>
    expect(namesOf({ dialects: [dialect] })).toEqual(names),
  );

  it('are expanded by the kubelet, which knows only the variables above', () => {
    const variables = connectionVariables({ gateway: {}, workflow: { name: 'triage-bot' } });
    variables.forEach(({ value = '' }, index) => {
      const above = variables.slice(0, index).map(({ name }) => name);
      for (const [, used] of value.matchAll(/\$\((\w+)\)/g)) expect(above).toContain(used);
    });
    expect(variables.filter(({ value }) => value?.includes('$('))).toHaveLength(2);
  });

  it('read the key where `mcpworkflow key` puts it, unless another place is said', () => {
    const secret = parse(newKey('ci').secret) as { metadata: { name: string }; stringData: object };
    const keyOf = (key?: string) =>
      connectionVariables({ gateway: {}, workflow, keySecret: { name: 'ci', ...(key && { key }) } })[1]?.valueFrom;
    expect(secret).toMatchObject({ metadata: { name: 'ci' } });
    expect(keyOf()).toEqual({ secretKeyRef: { name: 'ci', key: Object.keys(secret.stringData)[0] } });
    expect(keyOf('token')).toEqual({ secretKeyRef: { name: 'ci', key: 'token' } });
  });
});

describe('policies', () => {
  it('share no object, which YAML would write as an alias', () => {
    const seen = new Set<unknown>();
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      expect(seen.has(value)).toBe(false);
      seen.add(value);
      Object.values(value).forEach(visit);
    };
    const labels = { app: 'x' };
    [callPolicy({ labels }, {}), callPolicy({ labels }, {}), callerPolicy({ labels, namespace: 'n' })].forEach(visit);
    expect(seen.size).toBeGreaterThan(20);
  });
});
