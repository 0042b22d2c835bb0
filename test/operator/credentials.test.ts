import { describe, expect, it } from '@jest/globals';
import { fileAndEnvCredentials } from '../../operator/credentials.ts';
import type { CredentialRef } from '../../operator/routes/types.ts';
import { steppedClock } from '../fakes/clock.ts';

function setup(files: Record<string, string>, env: Record<string, string> = {}) {
  const clock = steppedClock();
  const changed: CredentialRef[] = [];
  const read = (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
    return text;
  };
  const source = fileAndEnvCredentials({ env, clock, read, onChange: (ref) => changed.push(ref) });
  return { clock, changed, source, files };
}

describe('credentials', () => {
  it('come from the environment', () => {
    const { source } = setup({}, { KEY: 'sk-1', EMPTY: ' ' });
    expect(source.lookup({ kind: 'env', name: 'KEY' })).toEqual({ kind: 'found', value: 'sk-1', version: 1 });
    expect(source.lookup({ kind: 'env', name: 'EMPTY' })).toMatchObject({ kind: 'missing', reason: 'SecretNotFound' });
    expect(source.lookup({ kind: 'env', name: 'NONE' })).toMatchObject({
      message: expect.stringContaining('NONE is not set'),
    });
  });

  it('come from files, without the newline that editors add, and follow them', async () => {
    const { clock, changed, source, files } = setup({ '/k': 'sk-1\n' });
    const ref = { kind: 'file', path: '/k' } as const;
    expect(source.lookup(ref)).toEqual({ kind: 'found', value: 'sk-1', version: 1 });
    files['/k'] = 'sk-2\n';
    await clock.advance(1_000);
    expect(source.lookup(ref)).toEqual({ kind: 'found', value: 'sk-2', version: 2 });
    expect(changed).toEqual([ref]);
    delete files['/k'];
    await clock.advance(1_000);
    expect(source.lookup(ref)).toMatchObject({
      kind: 'missing',
      message: expect.stringContaining('/k cannot be read'),
    });
    files['/k'] = 'sk-3';
    await clock.advance(1_000);
    expect(source.lookup(ref)).toEqual({ kind: 'found', value: 'sk-3', version: 4 });
    source.stop();
    expect(clock.pending()).toBe(0);
  });

  it('are never Secrets outside a cluster, and the message says what to do', () => {
    const found = setup({}).source.lookup({ kind: 'secret', namespace: 'default', name: 's', key: 'k' });
    expect(found).toMatchObject({ kind: 'missing', message: expect.stringContaining('--providers') });
  });
});
