import { describe, expect, it } from '@jest/globals';
import { InvalidFileError } from '../../operator/file-problem.ts';
import type { FileProblem } from '../../operator/file-problem.ts';
import { tlsFilesOf, watchTlsFiles } from '../../operator/tls-files.ts';
import type { TlsPair } from '../../operator/tls-files.ts';
import { selfSigned } from '../fakes/certificate.ts';
import { steppedClock } from '../fakes/clock.ts';

const [FIRST, SECOND] = [selfSigned('first.example'), selfSigned('second.example')];
const FILES = { certFile: 'tls.crt', keyFile: 'tls.key' };

function setup(files: Record<string, string>) {
  const clock = steppedClock();
  const changes: TlsPair[] = [];
  const problems: FileProblem[] = [];
  const read = (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
    return text;
  };
  const open = () =>
    watchTlsFiles(FILES, {
      clock,
      read,
      onChange: (pair) => changes.push(pair),
      onError: (problem) => problems.push(problem),
    });
  return { clock, changes, problems, open };
}

describe('a certificate at the start', () => {
  const ROWS: readonly (readonly [string, Record<string, string>, FileProblem])[] = [
    ['no certificate', { 'tls.key': FIRST.key }, { file: 'tls.crt', message: 'cannot be read: there is no such file' }],
    ['no key', { 'tls.crt': FIRST.cert }, { file: 'tls.key', message: 'cannot be read: there is no such file' }],
    [
      'something else as certificate',
      { 'tls.crt': FIRST.key, 'tls.key': FIRST.key },
      { file: 'tls.crt', message: 'expected a certificate in PEM form, its chain behind it' },
    ],
    [
      'something else as key',
      { 'tls.crt': FIRST.cert, 'tls.key': 'hello' },
      { file: 'tls.key', message: 'expected a private key in PEM form, without a passphrase' },
    ],
    [
      'the key of another certificate',
      { 'tls.crt': FIRST.cert, 'tls.key': SECOND.key },
      { file: 'tls.key', message: 'expected the private key of the certificate in tls.crt, got another one' },
    ],
  ];
  it.each(ROWS)('%s is told with its file', (_, files, problem) => {
    const { open, clock } = setup(files);
    let thrown: unknown;
    try {
      open();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InvalidFileError);
    expect((thrown as InvalidFileError).problems).toEqual([problem]);
    expect(clock.pending()).toBe(0);
  });

  it('that is whole is taken', () => {
    const source = setup({ 'tls.crt': FIRST.cert, 'tls.key': FIRST.key }).open();
    expect(source.current()).toEqual(FIRST);
    source.stop();
  });
});

describe('a certificate that is renewed', () => {
  it('is taken once, as soon as both files are there', async () => {
    const files: Record<string, string> = { 'tls.crt': FIRST.cert, 'tls.key': FIRST.key };
    const { clock, changes, problems, open } = setup(files);
    const source = open();
    Object.assign(files, { 'tls.crt': SECOND.cert, 'tls.key': SECOND.key });
    await clock.advance(3_000);
    expect([changes, problems]).toEqual([[SECOND], []]);
    expect(source.current()).toEqual(SECOND);
    source.stop();
  });

  it('in two steps is told about between them, and the last good one stays until then', async () => {
    const files: Record<string, string> = { 'tls.crt': FIRST.cert, 'tls.key': FIRST.key };
    const { clock, changes, problems, open } = setup(files);
    const source = open();
    files['tls.crt'] = SECOND.cert;
    await clock.advance(3_000);
    expect(problems).toEqual([expect.objectContaining({ file: 'tls.key' })]);
    expect(source.current()).toEqual(FIRST);
    files['tls.key'] = SECOND.key;
    await clock.advance(1_000);
    expect(changes).toEqual([SECOND]);
    source.stop();
    expect(clock.pending()).toBe(0);
  });

  it('that disappears leaves the last good one', async () => {
    const files: Record<string, string> = { 'tls.crt': FIRST.cert, 'tls.key': FIRST.key };
    const { clock, problems, open } = setup(files);
    const source = open();
    delete files['tls.crt'];
    await clock.advance(3_000);
    expect(problems).toEqual([{ file: 'tls.crt', message: 'cannot be read: there is no such file' }]);
    expect(source.current()).toEqual(FIRST);
    source.stop();
  });
});

describe('what flags say', () => {
  it.each([
    [{}, {}],
    [{ tlsCert: 'a', tlsKey: 'b' }, { tls: { certFile: 'a', keyFile: 'b' } }],
  ])('%j', (flags, expected) => expect(tlsFilesOf(flags)).toEqual(expected));
});
