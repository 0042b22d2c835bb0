// Pulumi's engine with a state, a home and a plugin folder of its own, deploying to the API server of a plane; and the
// garbage collector without which nothing there would ever be gone. All of it vanishes with this process at the latest.

import { LocalWorkspace, PulumiCommand, type PulumiFn, type Stack } from '@pulumi/pulumi/automation/index.js';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { PlaneAccess } from '../cluster/plane-access.ts';
import { supervise } from '../cluster/supervised.ts';
import { findPulumiPrograms } from './programs.ts';

/** Where an engine works, and for which cluster: all that another process needs. */
export interface EnginePlace {
  readonly folder: string;
  readonly kubeconfig: string;
}

/** An engine that is ready to deploy. */
export interface Engine {
  readonly place: EnginePlace;
  /** Opens a stack, which has no resources at first, and whose program is this unless another one is given. */
  stack(name: string, program: PulumiFn): Promise<Stack>;
  /** Every byte that the engine keeps: states, their backups and histories. */
  stored(): string;
  stop(): Promise<void>;
}

/** Starts the garbage collector and makes the folders. */
export async function openEngine(plane: PlaneAccess, env: NodeJS.ProcessEnv = process.env): Promise<Engine> {
  const programs = await findPulumiPrograms(env);
  const supervision = await supervise('mcpworkflow-pulumi-');
  try {
    const collector = await supervision.start('kube-controller-manager', programs['kube-controller-manager'], [
      `--kubeconfig=${plane.kubeconfig('admin')}`,
      '--controllers=namespace-controller,garbage-collector-controller',
      '--leader-elect=false',
      '--secure-port=0',
    ]);
    const { folder } = supervision;
    placePulumi(folder, programs.pulumi, env);
    const place = { folder, kubeconfig: plane.kubeconfig('admin') };
    return {
      place,
      stack: (name, program) => openStack(place, name, program),
      stored: () => everyFileIn(join(folder, 'state')),
      async stop() {
        const how = collector.hasEnded();
        const log = readFileSync(join(folder, 'kube-controller-manager.log'), 'utf8').slice(-2_000);
        await supervision.stop();
        if (how !== undefined) throw new Error(`the garbage collector had ended (${how}): ${log}`);
      },
    };
  } catch (error) {
    await supervision.stop();
    throw error;
  }
}

/** Opens or makes a stack in the place of an engine that runs. */
export async function openStack({ folder, kubeconfig }: EnginePlace, name: string, program: PulumiFn): Promise<Stack> {
  return LocalWorkspace.createOrSelectStack(
    { stackName: name, projectName: 'mcpworkflow-test', program },
    {
      workDir: join(folder, 'work'),
      envVars: variables(folder, kubeconfig),
      pulumiCommand: await PulumiCommand.get({ root: folder }),
      secretsProvider: 'passphrase',
    },
  );
}

/** The variable that names another Pulumi than the one that is built: one with its own Kubernetes plugin. */
const OWN_PULUMI = 'MCPWORKFLOW_PULUMI';

/** Makes the folders, with a Pulumi and the plugin that goes with it: the engine finds one in its own folder or in its home. */
function placePulumi(folder: string, built: string, env: NodeJS.ProcessEnv): void {
  const at = (...parts: readonly string[]) => join(folder, ...parts);
  for (const name of ['bin', 'home', 'state', 'work']) mkdirSync(at(name));
  const own = env[OWN_PULUMI];
  if (own === undefined || own === '') {
    symlinkSync(built, at('bin', 'pulumi'));
    const standIn = join(import.meta.dirname, 'stand-in', 'main.ts');
    const script = `#!/bin/sh\nexec "${process.execPath}" "${standIn}" "$@"\n`;
    writeFileSync(at('bin', 'pulumi-resource-kubernetes'), script, { mode: 0o755 });
    return;
  }
  const plugins = join(env['PULUMI_HOME'] ?? join(homedir(), '.pulumi'), 'plugins');
  if (!existsSync(plugins)) {
    throw new Error(`${OWN_PULUMI} is ${own}, but ${plugins} is not there: pulumi plugin install resource kubernetes`);
  }
  symlinkSync(own, at('bin', 'pulumi'));
  symlinkSync(plugins, at('home', 'plugins'));
}

const variables = (folder: string, kubeconfig: string): Record<string, string> => ({
  KUBECONFIG: kubeconfig,
  PULUMI_HOME: join(folder, 'home'),
  PULUMI_BACKEND_URL: `file://${join(folder, 'state')}`,
  PULUMI_CONFIG_PASSPHRASE: 'of a test',
  PULUMI_SKIP_UPDATE_CHECK: 'true',
  PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
  // The provider is a program of its own, and needs nothing that the tests need.
  NODE_OPTIONS: '',
});

const everyFileIn = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
