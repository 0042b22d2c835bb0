import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readVersions } from '../cluster/versions.ts';
import { findNodePrograms } from './node-programs.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mcpworkflow-programs-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** An environment whose `go` is a small script that makes the file it was asked for. */
function withGo(): NodeJS.ProcessEnv {
  const go = join(root, 'go');
  writeFileSync(
    go,
    '#!/bin/sh\n[ "$1" = version ] && exit 0\nwhile [ "$1" != -o ]; do shift; done\necho "$3" > "$2"\n',
  );
  chmodSync(go, 0o755);
  return { PATH: `${root}:/usr/bin:/bin`, MCPWORKFLOW_CACHE: join(root, 'cache') };
}

describe('the programs of a node', () => {
  it('are built once for their versions, beside the control plane of the same versions', async () => {
    const env = withGo();
    const said: string[] = [];
    const found = await findNodePrograms(env, (line) => void said.push(line));
    const { kubernetes } = readVersions();
    expect(found.kubelet).toMatch(join(root, 'cache/node', `kubernetes-${kubernetes}_coredns-1.`));
    expect(readFileSync(found.kubelet, 'utf8')).toBe('k8s.io/kubernetes/cmd/kubelet\n');
    expect(found['kube-apiserver']).toMatch(join(root, 'cache/control-plane', `kubernetes-${kubernetes}_etcd-3.`));
    expect(said).toContainEqual(
      expect.stringMatching(/^building the test node with Go: Kubernetes 1\.\S+, CoreDNS 1\.\S+ \(once; about/),
    );

    expect(await findNodePrograms(env, (line) => void said.push(line))).toEqual(found);
    expect(said.filter((line) => line.startsWith('building the test node'))).toHaveLength(1);
  });

  it('are of the versions that are pinned here, whatever control plane KUBEBUILDER_ASSETS has', async () => {
    const found = await findNodePrograms({ ...withGo(), KUBEBUILDER_ASSETS: root }, () => undefined);
    expect(found.etcd).toMatch(join(root, 'cache/control-plane'));
  });
});
