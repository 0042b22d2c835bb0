import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findBinaries } from './binaries.ts';
import { programs } from './programs.ts';
import { cacheFolder, readVersions } from './versions.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mcpworkflow-binaries-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** An environment whose `go` is a small script: it writes down its calls and makes the file that it was asked for. */
function withGo(extra = ''): NodeJS.ProcessEnv {
  const bin = join(root, 'go-bin');
  mkdirSync(bin, { recursive: true });
  const script = `#!/bin/sh
[ "$1" = version ] && exit 0
echo "$GOFLAGS $CGO_ENABLED $*" >> "${join(root, 'calls')}"
while [ "$1" != -o ]; do shift; done
${extra}
echo built > "$2"
`;
  writeFileSync(join(bin, 'go'), script);
  chmodSync(join(bin, 'go'), 0o755);
  return { PATH: `${bin}:/usr/bin:/bin`, MCPWORKFLOW_CACHE: join(root, 'cache') };
}

const calls = (): readonly string[] => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n');
const collect = (): { said: string[]; say: (line: string) => void } => {
  const said: string[] = [];
  return { said, say: (line) => void said.push(line) };
};

describe('programs from KUBEBUILDER_ASSETS', () => {
  it('are taken as they are', async () => {
    for (const name of programs) writeFileSync(join(root, name), '');
    expect(await findBinaries({ KUBEBUILDER_ASSETS: root })).toEqual({
      etcd: join(root, 'etcd'),
      'kube-apiserver': join(root, 'kube-apiserver'),
      kubectl: join(root, 'kubectl'),
    });
  });

  it('are missed by name', async () => {
    writeFileSync(join(root, 'etcd'), '');
    await expect(findBinaries({ KUBEBUILDER_ASSETS: root })).rejects.toThrow(
      `KUBEBUILDER_ASSETS is ${root}, but it has no kube-apiserver, no kubectl`,
    );
  });
});

describe('programs from Go modules', () => {
  it('are of the versions in go.mod, which name the folder', () => {
    const { kubernetes, etcd } = readVersions();
    expect([kubernetes, etcd]).toEqual([
      expect.stringMatching(/^1\.\d+\.\d+$/),
      expect.stringMatching(/^3\.\d+\.\d+$/),
    ]);
    const name = join('control-plane', `kubernetes-${kubernetes}_etcd-${etcd}`);
    expect(cacheFolder({ MCPWORKFLOW_CACHE: '/c' })).toBe(join('/c', name));
    expect(cacheFolder({ XDG_CACHE_HOME: '/x' })).toBe(join('/x/mcpworkflow', name));
    expect(cacheFolder({})).toContain(join('.cache/mcpworkflow', name));
  });

  it('are built once, and it is said that, what and for how long', async () => {
    const env = withGo();
    const { said, say } = collect();
    const found = await findBinaries(env, say);
    expect(readFileSync(found.kubectl, 'utf8')).toBe('built\n');
    expect(calls().map((call) => call.split(' ').slice(0, 3).join(' '))).toEqual(
      Array(3).fill('-mod=readonly 0 build'),
    );
    expect(said[0]).toMatch(/^building the test control plane with Go: Kubernetes 1\.\S+, etcd 3\.\S+ \(once; about/);
    expect(said).toContainEqual(expect.stringMatching(/^built kube-apiserver in \d+ s, \d+ MB$/));
    expect(said.at(-1)).toMatch(/^built the test control plane in \d+ s; kept in /);

    expect(await findBinaries(env, say)).toEqual(found);
    expect(calls()).toHaveLength(3);
  });

  it('need Go or assets: one sentence says how to get either', async () => {
    await expect(findBinaries({ PATH: root, MCPWORKFLOW_CACHE: root })).rejects.toThrow(
      /^cluster tests need kube-apiserver, etcd and kubectl: install Go .+, or set KUBEBUILDER_ASSETS to .+$/,
    );
  });

  it('are not there at all when the build fails half way, and the error quotes Go', async () => {
    const env = withGo('case "$2" in *kubectl) echo no space left >&2; exit 1;; esac');
    await expect(findBinaries(env, () => undefined)).rejects.toThrow(/no space left/);
    expect(existsSync(join(cacheFolder(env), 'bin'))).toBe(false);
    expect(readdirSync(cacheFolder(env)).filter((name) => name.endsWith('.lock'))).toEqual([]);
    await findBinaries(withGo(), () => undefined);
    expect(readdirSync(cacheFolder(env))).toEqual(['bin']);
  });

  it('are built once by two that want them at the same time', async () => {
    const env = withGo('sleep 0.1');
    const { said, say } = collect();
    await Promise.all([findBinaries(env, say), findBinaries(env, say)]);
    expect(calls()).toHaveLength(3);
    expect(said.filter((line) => line.endsWith('is building the test control plane; waiting for it'))).toHaveLength(1);
  });

  it('are built by the next one when a builder was killed', async () => {
    const env = withGo();
    const dead = spawn('true');
    await once(dead, 'exit');
    const parent = cacheFolder(env);
    mkdirSync(join(parent, 'unfinished-abc'), { recursive: true });
    writeFileSync(join(parent, 'building.lock'), `${dead.pid}\n`);
    const found = await findBinaries(env, () => undefined);
    expect(existsSync(found.etcd)).toBe(true);
    expect(readdirSync(dirname(dirname(found.etcd)))).toEqual(['bin']);
  });
});
