// The image of the first process of every pod, made without a builder: one program in one layer.

import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PAUSE_IMAGE } from './addresses.ts';
import { runProgram } from './run-program.ts';

/** Makes a docker archive of the program in this folder, and returns its path. */
export async function pauseImage(folder: string, program: string): Promise<string> {
  const at = (name: string) => join(folder, 'pause', name);
  mkdirSync(at('root'), { recursive: true });
  copyFileSync(program, at('root/pause'));
  await tar(at('layer.tar'), at('root'), ['pause']);
  const digest = createHash('sha256')
    .update(readFileSync(at('layer.tar')))
    .digest('hex');
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const config = {
    architecture,
    os: 'linux',
    config: { Entrypoint: ['/pause'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
  };
  writeFileSync(at('config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: [PAUSE_IMAGE], Layers: ['layer.tar'] }];
  writeFileSync(at('manifest.json'), JSON.stringify(manifest));
  await tar(at('pause.tar'), join(folder, 'pause'), ['manifest.json', 'config.json', 'layer.tar']);
  return at('pause.tar');
}

async function tar(archive: string, folder: string, names: readonly string[]): Promise<void> {
  const owner = ['--numeric-owner', '--owner=0', '--group=0'];
  const { code, stderr } = await runProgram('tar', [
    ...owner,
    '--directory',
    folder,
    '--create',
    '--file',
    archive,
    ...names,
  ]);
  if (code !== 0) throw new Error(`tar could not make ${archive}: ${stderr}`);
}
