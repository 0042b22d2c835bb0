import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inClusterConnection } from '../../../operator/kube/connection.ts';
import { SetupError } from '../../../operator/errors.ts';
import { kubeconfigConnection } from '../../../operator/kube/kubeconfig.ts';
import { steppedClock } from '../../fakes/clock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-connection-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

describe('the connection of a pod', () => {
  const connect = () => {
    write('token', 'one\n');
    write('ca.crt', 'CA one');
    const clock = steppedClock();
    return { clock, connection: inClusterConnection({ clock, host: '10.0.0.1', port: '443', folder }) };
  };

  it('reads token and CA from the files', async () => {
    const { connection } = connect();
    expect(connection.server).toBe('https://10.0.0.1:443');
    expect(await connection.token(false)).toBe('one');
    expect(await connection.tls()).toEqual({ ca: 'CA one' });
  });

  it('reads both again after a minute, and the token at once when it was refused', async () => {
    const { clock, connection } = connect();
    await connection.token(false);
    await connection.tls();
    write('token', 'two');
    write('ca.crt', 'CA two');
    await clock.advance(59_000);
    expect(await connection.token(false)).toBe('one');
    expect(await connection.tls()).toEqual({ ca: 'CA one' });
    expect(await connection.token(true)).toBe('two');
    await clock.advance(1_000);
    expect(await connection.tls()).toEqual({ ca: 'CA two' });
  });

  it('goes on with what it knows while a file cannot be read', async () => {
    const { clock, connection } = connect();
    await connection.token(false);
    rmSync(join(folder, 'token'));
    await clock.advance(61_000);
    expect(await connection.token(false)).toBe('one');
    rmSync(join(folder, 'ca.crt'));
    await expect(connection.tls()).rejects.toThrow('ENOENT');
  });

  it('puts an IPv6 host in brackets', () => {
    const connection = inClusterConnection({ clock: steppedClock(), host: 'fd00::1', port: '6443', folder });
    expect(connection.server).toBe('https://[fd00::1]:6443');
  });
});

describe('the connection of a kubeconfig', () => {
  const config = (token: string) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'first',
      clusters: [
        { name: 'c', cluster: { server: 'https://127.0.0.1:6443/', 'certificate-authority-data': btoa('CA') } },
        { name: 'd', cluster: { server: 'https://127.0.0.2', 'insecure-skip-tls-verify': true } },
      ],
      users: [
        { name: 'u', user: { token } },
        { name: 'v', user: { 'client-certificate-data': btoa('CERT'), 'client-key-data': btoa('KEY') } },
      ],
      contexts: [
        { name: 'first', context: { cluster: 'c', user: 'u' } },
        { name: 'second', context: { cluster: 'd', user: 'v' } },
      ],
    });
  const path = () => join(folder, 'config');

  it('takes server, CA and token from the current context, and reads the file again when the token is refused', async () => {
    write('config', config('one'));
    const connection = await kubeconfigConnection({ clock: steppedClock(), path: path() });
    expect(connection.server).toBe('https://127.0.0.1:6443');
    expect(await connection.tls()).toMatchObject({ ca: 'CA' });
    expect(await connection.token(false)).toBe('one');
    write('config', config('two'));
    expect(await connection.token(false)).toBe('one');
    expect(await connection.token(true)).toBe('two');
  });

  it('takes a client certificate, and no verification where the file says so', async () => {
    write('config', config('one'));
    const connection = await kubeconfigConnection({ clock: steppedClock(), path: path(), context: 'second' });
    expect(connection.server).toBe('https://127.0.0.2');
    expect(await connection.tls()).toMatchObject({ cert: 'CERT', key: 'KEY', rejectUnauthorized: false });
    expect(await connection.token(false)).toBeUndefined();
  });

  it('rejects a context that is not there', async () => {
    write('config', config('one'));
    await expect(kubeconfigConnection({ clock: steppedClock(), path: path(), context: 'third' })).rejects.toThrow(
      'third',
    );
  });

  it.each([
    ['that is not there', undefined, 'there is no such file'],
    ['that is none', 'clusters: [1]\ntoken: sk-secret: :', 'this is no kubeconfig'],
  ])('%s is a sentence that names it and never its content', async (_, content, sentence) => {
    if (content !== undefined) write('config', content);
    const failing = kubeconfigConnection({ clock: steppedClock(), path: path() });
    await expect(failing).rejects.toThrow(SetupError);
    await expect(failing).rejects.toThrow(`--kubeconfig ${path()}: ${sentence}`);
    await expect(failing).rejects.not.toThrow('sk-secret');
  });
});
