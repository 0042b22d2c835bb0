import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { hashOfApiKey, isOneOfKeys } from '../../operator/gateway/front/api-key.ts';
import { newKey, printKey } from '../../operator/print-key.ts';

interface Secret {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly stringData: { readonly 'api-key': string };
}

describe('the key command', () => {
  // proves credentials-stay
  it('prints a Secret to pipe on, and beside it the entry that lets its key in, with no secret', () => {
    const out = { stdout: '', stderr: '' };
    const writer = (name: keyof typeof out) => ({ write: (text: string) => (out[name] += text) });
    printKey('batch-job', { stdout: writer('stdout'), stderr: writer('stderr') });
    const secret = parse(out.stdout) as Secret;
    expect(secret).toMatchObject({ kind: 'Secret', metadata: { name: 'batch-job' } });
    const key = secret.stringData['api-key'];
    expect(parse(out.stderr)).toEqual({
      spec: { access: { apiKeys: [{ name: 'batch-job', sha256: hashOfApiKey(key) }] } },
    });
    expect(out.stderr).not.toContain(key);
    expect(isOneOfKeys(key, [hashOfApiKey(key)])).toBe(true);
  });

  it('makes another key each time', () => {
    expect(newKey('a').secret).not.toBe(newKey('a').secret);
  });
});
