import { beforeAll, describe, expect, test } from '@jest/globals';
import * as pulumi from '@pulumi/pulumi';
import { InvalidArgsError, MCPOperator, MCPWorkflow } from '../../../lib/pulumi/index.ts';
import type { ConnectArgs, MCPWorkflowArgs } from '../../../lib/pulumi/index.ts';

beforeAll(() =>
  pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }),
    call: () => ({}),
  }),
);

const valueOf = <T>(value: pulumi.Input<T>) =>
  new Promise((resolve) => {
    pulumi.output(value).apply(resolve);
  });

const workflow = (args: Partial<MCPWorkflowArgs> = {}) =>
  new MCPWorkflow('triage-bot', {
    metadata: { name: 'triage-bot', namespace: 'support' },
    spec: { models: { primary: 'claude-opus-4-8' } },
    ...args,
  });

const withKey = {
  spec: { models: { primary: 'claude-opus-4-8' }, access: { apiKeys: [{ name: 'bot', sha256: 'a'.repeat(64) }] } },
} as const;
const keySecret = { name: 'triage-bot' };
const fromSecret = { secretKeyRef: { name: 'triage-bot', key: 'api-key' } };
const base = 'http://mcpworkflow-gateway.mcpworkflow-system.svc:4000/support/triage-bot';

describe('a URL of a workflow', () => {
  test.each<readonly [string, Partial<MCPWorkflowArgs>, 'Anthropic' | 'OpenAI', string]>([
    ['is that of an operator with default options', {}, 'Anthropic', `${base}/anthropic`],
    ['is what the SDK of its dialect takes', {}, 'OpenAI', `${base}/openai/v1`],
    [
      'is https where the gateway has a certificate',
      { gateway: { tls: true } },
      'Anthropic',
      `${base.replace('http:', 'https:')}/anthropic`,
    ],
    [
      'names the gateway of another stack, which is known later',
      { gateway: pulumi.output({ namespace: 'ai-platform' }) },
      'Anthropic',
      `${base.replace('mcpworkflow-system', 'ai-platform')}/anthropic`,
    ],
  ])('%s', async (_, args, dialect, url) => {
    expect(await valueOf(workflow(args).gatewayUrl(dialect))).toBe(url);
  });

  test('is that of its operator', async () => {
    const { gateway } = new MCPOperator('ai', { namespace: 'own', gateway: { tlsSecret: 'certificate' } });
    expect(await valueOf(workflow({ gateway }).gatewayUrl('Anthropic'))).toBe(
      'https://mcpworkflow-gateway.own.svc:4000/support/triage-bot/anthropic',
    );
  });
});

describe('variables of a container', () => {
  test('are what both SDKs read, with the key from its Secret', async () => {
    expect(await valueOf(workflow(withKey).connectEnv({ keySecret }))).toEqual([
      { name: 'ANTHROPIC_BASE_URL', value: `${base}/anthropic` },
      { name: 'ANTHROPIC_API_KEY', valueFrom: fromSecret },
      { name: 'OPENAI_BASE_URL', value: `${base}/openai/v1` },
      { name: 'OPENAI_API_KEY', valueFrom: fromSecret },
    ]);
  });

  test('are there by name before anything is known', () => {
    const late = pulumi.output(keySecret.name);
    const variables = workflow(withKey).connectEnv({ keySecret: { name: late }, dialects: ['OpenAI'] });
    expect(variables.map(({ name }) => name)).toEqual(['OPENAI_BASE_URL', 'OPENAI_API_KEY']);
    expect(variables[1]?.valueFrom).toEqual({ secretKeyRef: { name: late, key: 'api-key' } });
  });

  test('show no key to a gateway that asks for none', async () => {
    const variables = workflow({ gateway: { insecureNoAuth: true } }).connectEnv({ dialects: ['Anthropic'] });
    expect(await valueOf(variables)).toEqual([
      { name: 'ANTHROPIC_BASE_URL', value: `${base}/anthropic` },
      { name: 'ANTHROPIC_API_KEY', value: 'not-needed' },
    ]);
  });

  const makeOne = '`mcpworkflow key NAME | kubectl apply -f -` makes a Secret, and prints its hash';
  const refused: readonly (readonly [string, Partial<MCPWorkflowArgs>, ConnectArgs, string])[] = [
    [
      'without a key where the workflow has keys',
      withKey,
      {},
      `keySecret: is required, for the gateway will ask for a key: ${makeOne}`,
    ],
    [
      'without a key where everybody is asked',
      {},
      {},
      `keySecret: is required, for the gateway will ask for a key: ${makeOne}`,
    ],
    [
      'with a key that the workflow does not know',
      {},
      { keySecret },
      `keySecret: is a key that the workflow does not know: ${makeOne}`,
    ],
  ];

  test.each(refused)('are refused %s', (_, args, options, message) => {
    expect(() => workflow(args).connectEnv(options)).toThrow(InvalidArgsError);
    expect(() => workflow(args).connectEnv(options)).toThrow(
      `A connection to MCPWorkflow "triage-bot" cannot be made:\n  ${message}`,
    );
  });
});
