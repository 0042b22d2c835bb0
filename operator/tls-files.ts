// The certificate of a server, from two mounted files that are followed: whoever issues it renews it long before its end. A
// pair that cannot be used leaves the last good one in place.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Clock } from './clock.ts';
import { InvalidFileError } from './file-problem.ts';
import type { FileProblem } from './file-problem.ts';
import { lookAt, readTextFile, watchText } from './watched-text.ts';
import type { ReadText } from './watched-text.ts';

/** Where the two are. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What flags say of them, as the `tls` of who serves; both are given, or none. */
export const tlsFilesOf = (flags: {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}): { readonly tls?: TlsFiles } =>
  flags.tlsCert !== undefined && flags.tlsKey !== undefined
    ? { tls: { certFile: flags.tlsCert, keyFile: flags.tlsKey } }
    : {};

/** What was read from them: PEM, and they belong together. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

/** What following them needs. */
export interface TlsFilePorts {
  readonly clock: Clock;
  readonly onChange: (pair: TlsPair) => void;
  /** The files are bad now; the last good pair stays. */
  readonly onError: (problem: FileProblem) => void;
  readonly read?: ReadText;
  /** How often a file is read. Default 1000. */
  readonly everyMs?: number;
}

/** A pair that is followed. */
export interface TlsSource {
  current(): TlsPair;
  stop(): void;
}

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: FileProblem };

const bad = (file: string, message: string) => ({ ok: false, problem: { file, message } }) as const;

/** Reads a file and makes something of its text. */
function readAs<T>(file: string, read: ReadText, expected: string, parse: (text: string) => T): Read<[string, T]> {
  const look = lookAt(file, read);
  if (look.kind === 'unreadable') return bad(file, `cannot be read: ${look.why}`);
  try {
    return { ok: true, value: [look.text, parse(look.text)] };
  } catch {
    return bad(file, `expected ${expected}`); // what OpenSSL says of it helps nobody, and might quote it
  }
}

function readPair({ certFile, keyFile }: TlsFiles, read: ReadText): Read<TlsPair> {
  const leaf = (text: string) => new X509Certificate(text);
  const cert = readAs<X509Certificate>(certFile, read, 'a certificate in PEM form, its chain behind it', leaf);
  if (!cert.ok) return cert;
  const key = readAs<KeyObject>(keyFile, read, 'a private key in PEM form, without a passphrase', createPrivateKey);
  if (!key.ok) return key;
  if (!cert.value[1].checkPrivateKey(key.value[1]))
    return bad(keyFile, `expected the private key of the certificate in ${certFile}, got another one`);
  return { ok: true, value: { cert: cert.value[0], key: key.value[0] } };
}

/** Reads the pair and follows its files. Throws InvalidFileError when they are bad at the start. */
export function watchTlsFiles(files: TlsFiles, ports: TlsFilePorts): TlsSource {
  const read = ports.read ?? readTextFile;
  const first = readPair(files, read);
  if (!first.ok) throw new InvalidFileError([first.problem]);
  let current = first.value;
  // Whichever changed, both are read: a mounted Secret changes as a whole.
  const onChange = () => {
    const next = readPair(files, read);
    if (!next.ok) return ports.onError(next.problem);
    if (next.value.cert === current.cert && next.value.key === current.key) return;
    current = next.value;
    ports.onChange(current);
  };
  const watches = [files.certFile, files.keyFile].map((file) =>
    watchText(file, { clock: ports.clock, read, everyMs: ports.everyMs ?? 1_000, first: lookAt(file, read), onChange }),
  );
  return {
    current: () => current,
    stop() {
      for (const watch of watches) watch.stop();
    },
  };
}
