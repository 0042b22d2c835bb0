import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bareHost, specialHost } from '../../../operator/routes/addresses.ts';
import { sha256 } from '../../../operator/routes/sha256.ts';

const of = (url: string) => specialHost(bareHost(new URL(url).hostname));

describe('specialHost', () => {
  it.each([
    ['http://localhost', 'loopback'],
    ['http://LOCALHOST.', 'loopback'],
    ['http://api.localhost', 'loopback'],
    ['http://127.0.0.1', 'loopback'],
    ['http://127.1', 'loopback'],
    ['http://127.0.0.1.', 'loopback'],
    ['http://2130706433', 'loopback'],
    ['http://0x7f.0.0.1', 'loopback'],
    ['http://017700000001', 'loopback'],
    ['http://[::1]', 'loopback'],
    ['http://[::ffff:127.0.0.1]', 'loopback'],
    ['http://[::127.0.0.1]', 'loopback'],
    ['http://[64:ff9b::7f00:1]', 'loopback'],
    ['http://[2002:7f00:1::]', 'loopback'],
    ['http://0.0.0.0', 'unspecified'],
    ['http://[::]', 'unspecified'],
    ['http://169.254.169.254', 'link-local'],
    ['http://2852039166', 'link-local'],
    ['http://[::ffff:169.254.169.254]', 'link-local'],
    ['http://[::ffff:a9fe:a9fe]', 'link-local'],
    ['http://[64:ff9b::169.254.169.254]', 'link-local'],
    ['http://[fe80::1]', 'link-local'],
    ['http://[febf::1]', 'link-local'],
    ['http://[fec0::1]', 'link-local'],
    ['http://[fd00:ec2::254]', 'metadata'],
    ['http://[FD00:0EC2:0:0::254]', 'metadata'],
    ['http://[fd20:ce::254]', 'metadata'],
    ['http://100.100.100.200', 'metadata'],
    ['http://[::ffff:100.100.100.200]', 'metadata'],
    ['http://168.63.129.16', 'metadata'],
    ['http://metadata.google.internal', 'metadata'],
    ['http://Metadata.Google.Internal..', 'metadata'],
    ['http://metadata', 'metadata'],
    ['http://224.0.0.1', 'multicast'],
    ['http://255.255.255.255', 'multicast'],
    ['http://[ff02::1]', 'multicast'],
  ])('%s is %s', (url, kind) => expect(of(url)).toBe(kind));

  it.each([
    'https://api.anthropic.com',
    'http://10.0.0.7',
    'http://192.168.1.1',
    'http://169.253.0.1',
    'http://128.0.0.1',
    'http://[2001:db8::1]',
    'http://[fd00::1]',
    'http://[::ffff:10.0.0.7]',
    'http://localhost.example.com',
    'http://mylocalhost',
  ])('%s is an ordinary host', (url) => expect(of(url)).toBeUndefined());
});

describe('sha256', () => {
  it('is SHA-256, for any text of any length', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        expect(sha256(text)).toBe(createHash('sha256').update(text).digest('hex'));
      }),
    ));
  it.each([0, 55, 56, 63, 64, 119, 120])('pads %i bytes as it should', (length) => {
    const text = 'x'.repeat(length);
    expect(sha256(text)).toBe(createHash('sha256').update(text).digest('hex'));
  });
});
