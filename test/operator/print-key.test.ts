import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { hashOfApiKey, isOneOfKeys } from '../../operator/gateway/api-key.ts';
import { keyText } from '../../operator/print-key.ts';

interface Secret {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly stringData: { readonly 'api-key': string };
}

/** The Secret, and what the comment says to add to the spec. */
function partsOf(text: string) {
  const secret = parseAllDocuments(text)[0]?.toJS() as Secret;
  const uncommented = text.slice(text.indexOf('# spec:')).replaceAll(/^# /gm, '');
  return { secret, added: parse(uncommented) as unknown };
}

describe('the key command', () => {
  it('prints a Secret to apply, and the entry of the spec that lets its key in', () => {
    const { secret, added } = partsOf(keyText('batch-job'));
    expect(secret).toMatchObject({ kind: 'Secret', metadata: { name: 'batch-job' } });
    const key = secret.stringData['api-key'];
    expect(added).toEqual({ spec: { access: { apiKeys: [{ name: 'batch-job', sha256: hashOfApiKey(key) }] } } });
    expect(isOneOfKeys(key, [hashOfApiKey(key)])).toBe(true);
  });

  it('makes another key each time', () => {
    expect(keyText('a')).not.toBe(keyText('a'));
  });
});
