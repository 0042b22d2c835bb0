import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { crdManifest } from '../../lib/manifests/crd.ts';
import { platformManifests } from '../../lib/manifests/platform.ts';
import type { ManifestsConfig } from '../../operator/config.ts';
import { SetupError } from '../../operator/errors.ts';
import { printManifests } from '../../operator/print-manifests.ts';

type Files = Readonly<Record<string, string>>;

function print(config: Partial<ManifestsConfig> = {}, files: Files = {}): string {
  let printed = '';
  const read = (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return text;
  };
  printManifests({ command: 'manifests', crd: true, ...config }, { write: (text) => void (printed += text) }, read);
  return printed;
}

const objects = (text: string): unknown => parseAllDocuments(text).map((document) => document.toJS() as unknown);

const PROVIDERS = `providers:
  - name: vllm
    protocol: OpenAI
    baseURL: http://vllm.models.svc:8000/v1
    models: ['llama-*']
    auth: { secret: vllm, key: api-key }
`;
const VLLM = {
  name: 'vllm',
  protocol: 'OpenAI',
  baseURL: 'http://vllm.models.svc:8000/v1',
  models: ['llama-*'],
  auth: { secret: 'vllm', key: 'api-key' },
} as const;

describe('the manifests command', () => {
  it('prints the CRD, and what the constructs make', () => {
    expect(objects(print())).toEqual([crdManifest(), ...Object.values(platformManifests())]);
  });

  it('leaves the CRD out on demand', () => {
    expect(objects(print({ crd: false }))).toEqual(Object.values(platformManifests()));
  });

  it.each([
    ['flags', { namespace: 'ai', image: 'i:1' }, {}, { namespace: 'ai', image: 'i:1' }],
    [
      'a file of options',
      { options: 'o.yaml' },
      { 'o.yaml': 'namespace: ai\ngateway: { replicas: 3 }\n' },
      { namespace: 'ai', gateway: { replicas: 3 } },
    ],
    ['a file of providers', { providers: 'p.yaml' }, { 'p.yaml': PROVIDERS }, { providers: [VLLM] }],
    [
      'all of them, flags before files and the providers before the options',
      { options: 'o.yaml', providers: 'p.yaml', namespace: 'ai' },
      { 'o.yaml': 'namespace: other\nproviders: []\nlabels: { a: b }\n', 'p.yaml': PROVIDERS },
      { namespace: 'ai', labels: { a: 'b' }, providers: [VLLM] },
    ],
  ] as const)('is told by %s', (_, config, files, options) => {
    expect(objects(print({ ...config, crd: false }, files))).toEqual(Object.values(platformManifests(options)));
  });

  it('prints the same bytes each time, without anchors', () => {
    const config = { options: 'o.yaml' };
    const files = {
      'o.yaml': 'networkPolicy: { scrapers: [{ podSelector: {} }] }\nmonitoring: { prometheusRule: true }',
    };
    expect(print(config, files)).toBe(print(config, files));
    expect(print(config, files)).not.toMatch(/: [&*]a\d/);
  });

  // proves mistakes-get-a-sentence
  it.each([
    ['a file that is not there', { options: 'o.yaml' }, {}, 'o.yaml: cannot be read: there is no such file'],
    ['a file that is no YAML', { options: 'o.yaml' }, { 'o.yaml': 'a: [\n' }, /^o\.yaml:2: this is no valid YAML: /],
    ['an empty file', { options: 'o.yaml' }, { 'o.yaml': '' }, 'o.yaml: expected one document with options'],
    ['a list', { options: 'o.yaml' }, { 'o.yaml': '- a\n' }, 'o.yaml: expected one document with options'],
    [
      'a wrong option, with its line',
      { options: 'o.yaml' },
      { 'o.yaml': 'labels: {}\ngateway:\n  replicas: 0\n' },
      'o.yaml:3: gateway.replicas: must be a whole number of at least 1, got 0',
    ],
    ['a wrong flag', { namespace: 'A' }, {}, /^error: --namespace must be a namespace/],
    [
      'a wrong flag beside a right file',
      { namespace: 'A', options: 'o.yaml' },
      { 'o.yaml': 'namespace: right\n' },
      /^error: --namespace must be a namespace/,
    ],
    [
      'a catalog whose key is in a variable',
      { providers: 'p.yaml' },
      { 'p.yaml': PROVIDERS.replace('{ secret: vllm, key: api-key }', '{ env: KEY }') },
      /^p\.yaml:6: providers\[0\]\.auth\.env: is not an option: the options here are secret, key, optional, header$/m,
    ],
    [
      'what the catalog itself refuses',
      { providers: 'p.yaml' },
      { 'p.yaml': PROVIDERS.replace('http:', 'ftp:') },
      /^p\.yaml:4: providers\[0\]\.baseURL: baseURL must be an http or https URL/,
    ],
    [
      'options in the file of providers',
      { providers: 'p.yaml' },
      { 'p.yaml': `${PROVIDERS}namespace: ai\n` },
      'p.yaml: expected one document with a list `providers:` and nothing else',
    ],
  ] as const)('%s', (_, config, files, message) => {
    expect(() => print(config, files)).toThrow(SetupError);
    expect(() => print(config, files)).toThrow(message);
  });
});
