// The cluster that the story plays in: a node that is started for it on this machine, or one that somebody has.

import { whyNoNode } from './why-no-node.ts';
import { startNode } from './start-node.ts';
import { runProgram, type Ran } from './run-program.ts';

/** A cluster as the story sees it. */
export interface Cluster {
  /** What it is, for the person who reads the output. */
  readonly name: string;
  /** Whether nobody else changes it meanwhile. */
  readonly own: boolean;
  /** Runs kubectl. Rejects with what it said when it fails. */
  kubectl(args: readonly string[], stdin?: string): Promise<string>;
  /** Runs kubectl, which may fail. */
  tryKubectl(args: readonly string[], stdin?: string): Promise<Ran>;
  /** Loads the image of a docker archive onto every node. */
  loadImage(archive: string): Promise<void>;
  stop(): Promise<void>;
}

/** A cluster that somebody has: both variables have to be set, so that nobody's cluster is used by accident. */
interface Given {
  readonly kubeconfig: string;
  /** A command that loads a docker archive, whose path is its last argument. */
  readonly load: string;
}

/** The cluster that the environment gives; undefined when a node is to be started. */
export function givenCluster(env: NodeJS.ProcessEnv): Given | undefined {
  const { KUBECONFIG: kubeconfig = '', MCPWORKFLOW_E2E_LOAD: load = '' } = env;
  if (load === '') return undefined;
  if (kubeconfig === '') {
    throw new Error(
      'MCPWORKFLOW_E2E_LOAD is set, but KUBECONFIG is not: set it to the cluster that the images are loaded into',
    );
  }
  return { kubeconfig, load };
}

/** Why the story cannot be played here, in one line; undefined when it can. */
export const whyNoCluster = (env: NodeJS.ProcessEnv = process.env): string | undefined =>
  givenCluster(env) ? undefined : whyNoNode();

/** Starts a node, or takes the cluster that the environment gives. */
export async function openCluster(env: NodeJS.ProcessEnv = process.env): Promise<Cluster> {
  const given = givenCluster(env);
  return given ? takeGiven(given, env) : ownNode(env);
}

function takeGiven({ kubeconfig, load }: Given, env: NodeJS.ProcessEnv): Cluster {
  return {
    name: `the cluster of ${kubeconfig}`,
    own: false,
    ...kubectlWith('kubectl', env),
    async loadImage(archive) {
      const { code, stderr } = await runProgram('/bin/sh', ['-c', `${load} "$1"`, 'load', archive], { env });
      if (code !== 0) throw new Error(`MCPWORKFLOW_E2E_LOAD (${load}) did not take ${archive}: ${stderr}`);
    },
    stop: () => Promise.resolve(),
  };
}

async function ownNode(env: NodeJS.ProcessEnv): Promise<Cluster> {
  const node = await startNode();
  return {
    name: 'a node on this machine',
    own: true,
    // HOME too: kubectl keeps caches there, and a test leaves nothing behind.
    ...kubectlWith(node.kubectl, { ...env, KUBECONFIG: node.kubeconfig, HOME: node.folder }),
    loadImage: (archive) => node.loadImage(archive),
    stop: () => node.stop(),
  };
}

function kubectlWith(program: string, env: NodeJS.ProcessEnv): Pick<Cluster, 'kubectl' | 'tryKubectl'> {
  const tryKubectl: Cluster['tryKubectl'] = (args, stdin) =>
    runProgram(program, args, { env, ...(stdin !== undefined && { stdin }) });
  return {
    tryKubectl,
    async kubectl(args, stdin) {
      const { code, stdout, stderr } = await tryKubectl(args, stdin);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
      return stdout;
    },
  };
}
