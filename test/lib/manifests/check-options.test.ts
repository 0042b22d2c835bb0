import { describe, expect, it } from '@jest/globals';
import { PlatformOptionsError } from '../../../lib/manifests/options-error.ts';
import type { PlatformOptions } from '../../../lib/manifests/platform-options.ts';
import { platformManifests } from '../../../lib/manifests/platform.ts';

const provider = { name: 'a', protocol: 'OpenAI', baseURL: 'https://a.example/v1', models: ['m'] };

function problemsOf(options: unknown): readonly string[] {
  try {
    platformManifests(options as PlatformOptions);
  } catch (error) {
    if (error instanceof PlatformOptionsError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

const NUMBER_OF_REPLICAS = 'must be a whole number of at least 1';

// proves mistakes-get-a-sentence
describe('bad options', () => {
  const rows: readonly [string, unknown, string][] = [
    ['no replicas', { operator: { replicas: 0 } }, `operator.replicas: ${NUMBER_OF_REPLICAS}, got 0`],
    ['half a replica', { gateway: { replicas: 1.5 } }, `gateway.replicas: ${NUMBER_OF_REPLICAS}, got 1.5`],
    ['replicas as a text', { gateway: { replicas: '2' } }, `gateway.replicas: ${NUMBER_OF_REPLICAS}, got a text`],
    ['a slip of the pen', { gatway: {} }, 'gatway: is not an option: did you mean gateway?'],
    ['a slip within', { gateway: { replica: 2 } }, 'gateway.replica: is not an option: did you mean replicas?'],
    [
      'an option that there is not',
      { monitoring: { grafana: true } },
      'monitoring.grafana: is not an option: the options here are serviceMonitor, prometheusRule, labels, runbookURL',
    ],
    [
      'a namespace that is none',
      { namespace: 'AI_Platform' },
      'namespace: must be a namespace: lower-case letters, digits and dashes',
    ],
    [
      'a namespace of Kubernetes',
      { namespace: 'default' },
      'namespace: is one of Kubernetes itself: choose another one, or say createNamespace: false',
    ],
    ['an image with a space', { image: 'a b' }, 'image: must be a text without spaces'],
    ['a pull policy', { imagePullPolicy: 'Sometimes' }, 'imagePullPolicy: must be one of Always, IfNotPresent, Never'],
    ['a text for a list', { imagePullSecrets: 'a' }, 'imagePullSecrets: must be a list, got a text'],
    ['a list for an object', { gateway: [] }, 'gateway: must be an object of options, got a list'],
    ['null', { gateway: null }, 'gateway: must be an object of options, got null'],
    ['a switch as a text', { createNamespace: 'no' }, 'createNamespace: must be true or false, got a text'],
    [
      'a number for a time',
      { gateway: { drainLimit: 60 } },
      'gateway.drainLimit: must be a duration such as 30s or 10m, got 60',
    ],
    [
      'a time without a unit',
      { gateway: { drainLimit: '60' } },
      'gateway.drainLimit: must be a duration such as 30s or 10m',
    ],
    ['a log level', { operator: { logLevel: 'loud' } }, 'operator.logLevel: must be one of debug, info, warn, error'],
    [
      'a host with a path',
      { allowUpstream: ['a/b'] },
      'allowUpstream[0]: must be one host, perhaps with a port, such as models.example.com:8443',
    ],
    [
      'two hosts in one text',
      { allowUpstream: ['a,b'] },
      'allowUpstream[0]: must be one host, perhaps with a port, such as models.example.com:8443',
    ],
    [
      'a label of ours',
      { labels: { 'app.kubernetes.io/name': 'x' } },
      'labels.app.kubernetes.io/name: is set by this package: choose another label',
    ],
    [
      'a label that is none',
      { labels: { 'a b': 'x' } },
      'labels.a b: is no name of a label: write name or domain/name',
    ],
    [
      'a label with a space',
      { labels: { a: 'b c' } },
      'labels.a: must be a label: at most 63 letters, digits, dots, dashes and underscores',
    ],
    [
      'a runbook that is no URL',
      { monitoring: { runbookURL: 'docs' } },
      'monitoring.runbookURL: must be an http or https URL',
    ],
    ['egress without rules', { networkPolicy: { egress: {} } }, 'networkPolicy.egress.to: is required'],
    [
      'no Secret in a Role',
      { workflowSecrets: [{ namespace: 'a', secrets: [] }] },
      'workflowSecrets[0].secrets: must have at least 1 entry, got 0',
    ],
    [
      'two Roles for a namespace',
      {
        workflowSecrets: [
          { namespace: 'a', secrets: ['x'] },
          { namespace: 'a', secrets: ['y'] },
        ],
      },
      'workflowSecrets[1].namespace: another entry has this namespace: put their secrets together',
    ],
    [
      'a provider without models',
      { providers: [{ ...provider, models: [] }] },
      'providers[0].models: must have at least 1 entry, got 0',
    ],
    [
      'two providers of a name',
      { providers: [provider, provider] },
      'providers[1].name: another provider has this name: choose another one',
    ],
    [
      'a key in a variable',
      { providers: [{ ...provider, auth: { env: 'KEY' } }] },
      'providers[0].auth.env: is not an option: the options here are secret, key, optional, header',
    ],
    [
      'a key without a Secret',
      { providers: [{ ...provider, auth: { key: 'k' } }] },
      'providers[0].auth.secret: is required',
    ],
    [
      'a key of a Secret that is none',
      { providers: [{ ...provider, auth: { secret: 's', key: '../k' } }] },
      'providers[0].auth.key: must be a key of a Secret: letters, digits, dots, dashes and underscores',
    ],
    [
      'a dialect',
      { providers: [{ ...provider, protocol: 'Gemini' }] },
      'providers[0].protocol: must be one of Anthropic, OpenAI',
    ],
    [
      'what the catalog itself refuses',
      { providers: [{ ...provider, baseURL: 'ftp://a' }] },
      'providers[0].baseURL: baseURL must be an http or https URL without user, query or fragment, for example https://api.example.com/v1',
    ],
    [
      'a canary of an hour',
      { providers: [{ ...provider, canary: { timeout: '1h' } }] },
      'providers[0].canary.timeout: timeout must be from 1s to 1m',
    ],
  ];
  it.each(rows)('%s', (_, options, problem) => {
    expect(problemsOf(options)).toContain(problem);
  });

  it('are told all at once, in one message', () => {
    const options = { namespace: '', operator: { replicas: 0 }, gateway: { port: 1 } };
    expect(problemsOf(options)).toHaveLength(3);
    expect(() => platformManifests(options as PlatformOptions)).toThrow(
      /^namespace: .*\noperator\.replicas: .*\ngateway\.port: /,
    );
  });

  // proves credentials-stay
  it('are never repeated: what is wrong may be a key in the wrong place', () => {
    const key = 'sk-ant-0123456789';
    const wrong = [
      { providers: [{ ...provider, auth: key }] },
      { providers: [{ ...provider, auth: { secret: key.toUpperCase(), key: `${key}/` } }] },
      { providers: [{ ...provider, baseURL: `https://${key}@a.example` }] },
      { namespace: `${key}_` },
    ];
    for (const options of wrong) {
      expect(problemsOf(options).length).toBeGreaterThan(0);
      expect(problemsOf(options).join().toLowerCase()).not.toContain(key);
    }
  });

  it('may be missing altogether', () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf(undefined)).toEqual([]);
  });

  it('a namespace of Kubernetes is fine where it is not to be made', () => {
    expect(problemsOf({ namespace: 'default', createNamespace: false })).toEqual([]);
  });
});
