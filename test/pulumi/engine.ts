// Pulumi's engine with a state, a home and a plugin folder of its own, deploying to the API server of a plane; and the
// garbage collector without which nothing there would ever be gone. All of it vanishes with this process at the latest.

import { LocalWorkspace, PulumiCommand, type PulumiFn, type Stack } from '@pulumi/pulumi/automation/index.js';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { PlaneAccess } from '../cluster/plane-access.ts';
import { supervise, type Supervision } from '../cluster/supervised.ts';
import { findPulumiPrograms } from './programs.ts';

/** An engine that is ready to deploy. */
export interface Engine {
  /** A stack without resources whose program is this until another one is given. */
  stack(name: string, program: PulumiFn): Promise<Stack>;
  /** Every byte that the engine keeps: states, their backups and histories. */
  stored(): string;
  stop(): Promise<void>;
}

/** Which Pulumi to deploy with. @default the engine that is built from Go modules, and the stand-in provider */
const OWN_PULUMI = 'MCPWORKFLOW_PULUMI';

/** Starts the garbage collector and makes the folders. */
export async function openEngine(plane: PlaneAccess, env: NodeJS.ProcessEnv = process.env): Promise<Engine> {
  const programs = await findPulumiPrograms(env);
  const supervision = await supervise('mcpworkflow-pulumi-');
  try {
    await supervision.start('kube-controller-manager', programs['kube-controller-manager'], [
      `--kubeconfig=${plane.kubeconfig('admin')}`,
      '--controllers=namespace-controller,garbage-collector-controller',
      '--leader-elect=false',
      '--secure-port=0',
    ]);
    return await engineIn(supervision, plane, { built: programs.pulumi, own: env[OWN_PULUMI] });
  } catch (error) {
    await supervision.stop();
    throw error;
  }
}

interface WhichPulumi {
  readonly built: string;
  readonly own: string | undefined;
}

async function engineIn(supervision: Supervision, plane: PlaneAccess, { built, own }: WhichPulumi): Promise<Engine> {
  const at = (...parts: readonly string[]) => join(supervision.folder, ...parts);
  const state = at('state');
  for (const folder of ['bin', 'home', 'state', 'work']) mkdirSync(at(folder));
  symlinkSync(own ?? built, at('bin', 'pulumi'));
  if (own === undefined) placeStandIn(at('bin', 'pulumi-resource-kubernetes'));
  else symlinkSync(join(process.env['PULUMI_HOME'] ?? join(homedir(), '.pulumi'), 'plugins'), at('home', 'plugins'));

  const envVars = {
    KUBECONFIG: plane.kubeconfig('admin'),
    PULUMI_HOME: at('home'),
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: 'of a test',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
    NODE_OPTIONS: '',
  };
  const pulumiCommand = await PulumiCommand.get({ root: supervision.folder });

  return {
    stack: (stackName, program) =>
      LocalWorkspace.createStack(
        { stackName, projectName: 'mcpworkflow-test', program },
        { workDir: at('work'), envVars, pulumiCommand, secretsProvider: 'passphrase' },
      ),
    stored: () =>
      readdirSync(state, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
        .join('\n'),
    stop: () => supervision.stop(),
  };
}

/** The engine takes a plugin by its name from the folder that it is in itself. */
function placeStandIn(path: string): void {
  const main = join(import.meta.dirname, 'stand-in', 'main.ts');
  writeFileSync(path, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 });
}
