import { describe, expect, it } from '@jest/globals';
import {
  checkAddress,
  checkEgress,
  egressPolicy,
  hostAndPort,
  secretMayGoTo,
} from '../../../operator/routes/egress.ts';
import { catalog } from '../../builders/workflow.ts';

const flags = {
  allowUpstream: ['vllm.example.com', 'gpu.example.com:8000', '127.0.0.1', '[2001:db8::1]:8443'],
  inCluster: true,
};
const inCluster = egressPolicy(catalog(), flags);
const outside = { ...inCluster, inCluster: false };
const allowed = (url: string, policy = inCluster) => checkEgress(new URL(url), 'ml', policy).ok;

// proves egress-is-checked
describe('in a cluster', () => {
  it.each([
    ['a catalog host', 'https://api.anthropic.com'],
    ['a catalog host with a dot at its end', 'https://api.anthropic.com./x'],
    ['a catalog host in capitals', 'https://API.Anthropic.Com'],
    ['a Service of the own namespace', 'http://vllm.ml.svc:8000/v1'],
    ['a Service by its whole name', 'http://vllm.ml.svc.cluster.local'],
    ['a pod of an own headless Service', 'http://pod-0.vllm.ml.svc'],
    ['a listed host on any port', 'http://vllm.example.com:1234'],
    ['a listed host on its port', 'http://gpu.example.com:8000'],
    ['a listed IPv6 address, however it is written', 'https://[2001:0db8:0::1]:8443'],
  ])('%s may be called', (_, url) => expect(allowed(url)).toBe(true));

  it.each([
    ['any other host', 'https://attacker.example'],
    ['a catalog host on another port', 'https://api.anthropic.com:8443'],
    ['a listed host on another port', 'http://gpu.example.com:9000'],
    ['a host below a listed one', 'https://x.vllm.example.com'],
    ['a Service of another namespace', 'http://vllm.other.svc'],
    ['a namespace that only ends the same', 'http://vllm.xml.svc'],
    ['a public name below a Service name', 'http://vllm.ml.svc.attacker.example'],
    ['a bare name, which is looked up where the gateway lives', 'http://vllm'],
    ['name.namespace, which may be a public name', 'http://vllm.ml'],
    ['a namespace without a Service', 'http://ml.svc'],
    ['loopback even when it is listed', 'http://127.0.0.1'],
    ['loopback in octal', 'http://0177.0.0.1'],
    ['metadata', 'http://169.254.169.254'],
    ['metadata in decimal', 'http://2852039166'],
    ['metadata mapped into IPv6', 'http://[::ffff:169.254.169.254]'],
  ])('%s may not be called', (_, url) => expect(allowed(url)).toBe(false));

  it('never lets link-local and loopback in by the catalog either', () => {
    const policy = { ...inCluster, catalogHosts: ['127.0.0.1:80', '169.254.169.254:80'] };
    expect([allowed('http://127.0.0.1', policy), allowed('http://169.254.169.254', policy)]).toEqual([false, false]);
  });

  it('says what to do about it', () => {
    const verdict = checkEgress(new URL('https://x.example/v1'), 'ml', inCluster);
    expect(verdict).toMatchObject({ why: expect.stringMatching(/name\.ml\.svc.*--allow-upstream=x\.example:443/) });
  });
});

describe('outside a cluster', () => {
  it.each(['http://127.0.0.1:11434/v1', 'http://localhost:8000', 'http://[::1]:1', 'http://gpu-box:8000'])(
    '%s may be called',
    (url) => expect(allowed(url, outside)).toBe(true),
  );
  it.each(['http://169.254.169.254', 'http://metadata.google.internal', 'http://[fe80::1]', 'http://0.0.0.0'])(
    '%s may not',
    (url) => expect(allowed(url, outside)).toBe(false),
  );
});

describe('secretMayGoTo', () => {
  const url = new URL('https://api.example.com/v1');
  it.each([
    ['api.example.com', true],
    ['API.example.com.', true],
    ['other.example, api.example.com', true],
    ['api.example.com:443', true],
    ['api.example.com:8443', false],
    ['example.com', false],
    ['*', false],
    ['*.example.com', false],
    ['', false],
    ['https://api.example.com', false],
  ])('with the annotation %j: %s', (annotation, expected) => expect(secretMayGoTo(annotation, url)).toBe(expected));
  it('sends a Secret without the annotation nowhere', () => expect(secretMayGoTo(undefined, url)).toBe(false));
});

describe('hostAndPort', () => {
  it.each([
    ['https://a.example', 'a.example:443'],
    ['http://a.example.', 'a.example:80'],
    ['http://[::1]:8080', '[::1]:8080'],
  ])('of %s is %s', (url, expected) => expect(hostAndPort(new URL(url))).toBe(expected));
});

describe('where a name leads', () => {
  const verdict = (url: string, address: string, policy = inCluster) => checkAddress(new URL(url), address, policy);

  it.each([
    ['a Service leads into the cluster', 'http://vllm.ml.svc:8000', '10.96.0.7'],
    ['a Service leads to a public address', 'http://vllm.ml.svc', '203.0.113.9'],
    ['a Service leads to an address of the cluster over IPv6', 'http://vllm.ml.svc', 'fd00:10:96::7'],
    ['a catalog host leads to loopback', 'https://api.anthropic.com', '127.0.0.1'],
    ['a listed host leads to loopback', 'http://gpu.example.com:8000', '::1'],
    ['a Service leads to a listed address', 'http://vllm.ml.svc', '127.0.0.1'],
    ['a Service leads to a listed address and port', 'http://vllm.ml.svc:8443', '2001:db8::1'],
  ])('%s: it may be called', (_, url, address) => expect(verdict(url, address)).toEqual({ ok: true }));

  it.each([
    ['loopback', '127.0.0.2'],
    ['loopback over IPv6', '::1'],
    ['loopback in IPv6, as resolvers write it', '::ffff:127.9.9.9'],
    ['link-local', '169.254.1.1'],
    ['link-local over IPv6, with its zone', 'fe80::1%eth0'],
    ['metadata', '169.254.169.254'],
    ['metadata of another cloud', '100.100.100.200'],
    ['metadata over IPv6', 'fd00:ec2::254'],
    ['metadata behind NAT64', '64:ff9b::169.254.169.254'],
    ['unspecified', '0.0.0.0'],
    ['unspecified over IPv6', '::'],
    ['multicast', '224.0.0.1'],
    ['multicast over IPv6', 'ff02::1'],
    ['no address', 'a b'],
    ['a name', '127.0.0.1.example.com'],
  ])('a Service leads to %s: it may not be called', (_, address) =>
    expect(verdict('http://vllm.ml.svc:8000', address).ok).toBe(false),
  );

  it('a listed host on another port is not listed', () =>
    expect(verdict('http://gpu.example.com:9000', '127.0.0.2').ok).toBe(false));

  it('the address itself is told to nobody', () => {
    const refusal = verdict('http://vllm.ml.svc', '169.254.169.254');
    expect(refusal).toMatchObject({ ok: false, why: expect.not.stringContaining('169.254') });
  });

  it('outside of a cluster it may lead anywhere', () =>
    expect(verdict('http://vllm.ml.svc', '169.254.169.254', outside)).toEqual({ ok: true }));
});
