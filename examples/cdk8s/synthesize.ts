// Runs the app of an example as `cdk8s synth` does, into a folder of its own, and reads what it wrote.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';

/** An object as it is applied. */
export interface Applied {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** Every object of the app in `folder`, in the order in which `kubectl apply` would read them. */
export async function synthesize(folder: string): Promise<readonly Applied[]> {
  const out = await mkdtemp(join(tmpdir(), 'mcpworkflow-example-'));
  try {
    await promisify(execFile)(process.execPath, ['main.ts'], {
      cwd: folder,
      env: { ...process.env, CDK8S_OUTDIR: out },
    });
    const files = (await readdir(out)).sort();
    const texts = await Promise.all(files.map((file) => readFile(join(out, file), 'utf8')));
    return texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Applied));
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
