import { describe, expect, it } from '@jest/globals';
import { isForeign, isJSON } from '../../../operator/dev/host-guard.ts';

const LOOPBACK = { host: '127.0.0.1', port: 4000 };
const OPEN = { host: '0.0.0.0', port: 4000 };

describe('a request from elsewhere', () => {
  const ROWS: readonly (readonly [string, string | undefined, string | undefined, typeof LOOPBACK, boolean])[] = [
    ['a tool on this machine', '127.0.0.1:4000', undefined, LOOPBACK, false],
    ['by the name localhost', 'localhost:4000', undefined, LOOPBACK, false],
    ['over IPv6', '[::1]:4000', undefined, LOOPBACK, false],
    ['a forwarded port', '127.0.0.1:9999', undefined, LOOPBACK, false],
    ['a page of this machine', 'localhost:4000', 'http://localhost:3000', LOOPBACK, false],
    ['a page from elsewhere', 'localhost:4000', 'https://evil.example', LOOPBACK, true],
    ['a sandboxed page', 'localhost:4000', 'null', LOOPBACK, true],
    ['a name that was rebound to loopback', 'evil.example:4000', undefined, LOOPBACK, true],
    ['a name that only begins like loopback', '127.0.0.1.evil.example', undefined, LOOPBACK, true],
    ['a host with a trick in it', '127.0.0.1:4000@evil.example', undefined, LOOPBACK, true],
    ['no host at all', undefined, undefined, LOOPBACK, true],
    ['another machine, when that was asked for', 'devbox:4000', undefined, OPEN, false],
    ['a page from elsewhere, also then', 'devbox:4000', 'https://evil.example', OPEN, true],
  ];
  it.each(ROWS)('%s', (_name, host, origin, listen, foreign) => expect(isForeign(host, origin, listen)).toBe(foreign));
});

describe('a body that is JSON', () => {
  it.each([
    ['application/json', true],
    ['application/json; charset=utf-8', true],
    ['Application/JSON', true],
    ['application/vnd.api+json', true],
    ['text/plain', false],
    ['application/jsonp', false],
    ['multipart/form-data', false],
    [undefined, false],
  ])('%s: %s', (type, expected) => expect(isJSON(type)).toBe(expected));
});
