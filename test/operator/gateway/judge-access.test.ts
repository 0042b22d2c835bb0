import { describe, expect, it } from '@jest/globals';
import type { IncomingHttpHeaders } from 'node:http';
import { judgeAccess, shownBy } from '../../../operator/gateway/front/access.ts';
import type { Identity, Verdict } from '../../../operator/gateway/front/access.ts';
import { hashOfApiKey } from '../../../operator/gateway/front/api-key.ts';

const [OLD, NEW, FOREIGN] = ['a', 'b', 'c'].map((letter) => `mwf_${letter.repeat(43)}`) as [string, string, string];
const WEAK = 'hunter2';
const HASHES = [OLD, NEW, WEAK].map(hashOfApiKey);

const account = (namespace: string): Identity => ({ kind: 'serviceAccount', namespace });
const nobody: Identity = { kind: 'nobody' };
const notAsked: Identity = { kind: 'notAsked' };

interface Row {
  readonly name: string;
  readonly keyHashes?: readonly string[];
  readonly shown?: readonly string[];
  readonly identities?: readonly Identity[];
  readonly verdict: Verdict;
}

describe('who may call', () => {
  const ROWS: readonly Row[] = [
    { name: 'nothing shown', verdict: 'unproven' },
    { name: 'a key of the workflow', shown: [NEW], verdict: 'allowed' },
    { name: 'its other key, while they are rotated', shown: [OLD], verdict: 'allowed' },
    { name: 'a key of another workflow', shown: [FOREIGN], verdict: 'unproven' },
    { name: 'a key, of a workflow that has none', shown: [NEW], keyHashes: [], verdict: 'unproven' },
    { name: 'a hash instead of its key', shown: [hashOfApiKey(OLD)], verdict: 'unproven' },
    { name: 'a weak key, though its hash is listed', shown: [WEAK], identities: [nobody], verdict: 'unproven' },
    { name: 'a right key beside something else', shown: ['any', OLD], identities: [nobody], verdict: 'allowed' },
    { name: 'a ServiceAccount of the namespace', shown: ['t'], identities: [account('ns')], verdict: 'allowed' },
    {
      name: 'the same, when the workflow has no keys',
      shown: ['t'],
      keyHashes: [],
      identities: [account('ns')],
      verdict: 'allowed',
    },
    { name: 'a ServiceAccount of another namespace', identities: [account('ns2')], verdict: 'foreign' },
    { name: 'a right key beside a foreign token', shown: [OLD, 't'], identities: [account('x')], verdict: 'allowed' },
    { name: 'a token of nobody', identities: [nobody], verdict: 'unproven' },
    { name: 'a token that could not be asked about', identities: [notAsked], verdict: 'notAsked' },
    {
      name: 'one token that could not be asked about, and a foreign one',
      identities: [account('x'), notAsked],
      verdict: 'notAsked',
    },
    { name: 'two tokens, one of which is right', identities: [notAsked, account('ns')], verdict: 'allowed' },
  ];
  it.each(ROWS)('$name: $verdict', ({ keyHashes = HASHES, shown = [], identities = [], verdict }) => {
    expect(judgeAccess({ namespace: 'ns', keyHashes, shown, identities })).toBe(verdict);
  });
});

describe('what a request shows', () => {
  const ROWS: readonly (readonly [string, IncomingHttpHeaders, readonly string[]])[] = [
    ['Anthropic’s key', { 'x-api-key': 'k' }, ['k']],
    ['a token', { authorization: 'Bearer t' }, ['t']],
    ['both', { 'x-api-key': 'k', authorization: 'Bearer t' }, ['k', 't']],
    ['a token, however Bearer is written', { authorization: 'bearer  t' }, ['t']],
    ['nothing in another scheme', { authorization: 'Basic k' }, []],
    ['nothing in an empty header', { 'x-api-key': '', authorization: 'Bearer' }, []],
    ['nothing in two words', { authorization: 'Bearer a b' }, []],
    ['nothing', {}, []],
  ];
  it.each(ROWS)('is %s', (_, headers, expected) => expect(shownBy(headers)).toEqual(expected));
});
