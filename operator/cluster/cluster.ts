// What operator and gateway have in common in a cluster: the connection, the workflows with their Secrets, the catalog.
import { parseWorkflow } from '../../lib/api/parse.ts';
import type { Catalog } from '../../lib/api/catalog.ts';
import type { WorkflowKey } from '../../lib/api/workflow.ts';
import { watchCatalog } from '../catalog-file.ts';
import type { Clock } from '../clock.ts';
import { fileAndEnvCredentials } from '../credentials.ts';
import { formatProblem } from '../file-problem.ts';
import { inClusterConnection } from '../kube/connection.ts';
import type { Connection } from '../kube/connection.ts';
import { kubeconfigConnection } from '../kube/kubeconfig.ts';
import { secretStore } from '../kube/secrets.ts';
import { createTransport } from '../kube/transport.ts';
import type { OpenTransport } from '../kube/transport.ts';
import { watchWorkflows } from '../kube/workflows.ts';
import type { WorkflowSource } from '../kube/workflows.ts';
import type { Surroundings } from '../targets.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { clusterCredentials, createSecretNeeds } from './credentials.ts';
import type { SecretNeeds } from './credentials.ts';

/** Where the cluster is and what is read from files. */
export interface ClusterOptions {
  readonly providers: string;
  readonly kubeconfig?: string;
  readonly allowUpstream: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** A workflow appeared, changed or went, and everything it names is known. */
  onWorkflow(key: WorkflowKey): void;
  /** The catalog or one of its credentials changed. */
  onEverything(): void;
}

/** A live view of the cluster. */
export interface Cluster {
  readonly connection: Connection;
  readonly transport: OpenTransport;
  readonly workflows: WorkflowSource;
  readonly secrets: SecretNeeds;
  readonly surroundings: Surroundings;
  stop(): Promise<void>;
}

/** A kubeconfig when one is named or there is no pod around us, else the pod's service account. */
async function connect({ kubeconfig, env, clock }: ClusterOptions): Promise<Connection> {
  const [host, port] = [env['KUBERNETES_SERVICE_HOST'], env['KUBERNETES_SERVICE_PORT']];
  if (kubeconfig === undefined && host !== undefined && port !== undefined)
    return inClusterConnection({ clock, host, port });
  return kubeconfigConnection({ clock, ...(kubeconfig !== undefined && { path: kubeconfig }) });
}

/** Connects and starts to watch. Throws a SetupError for a bad catalog or kubeconfig. */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const { clock, log, metrics } = options;
  const catalog = watchCatalog(options.providers, {
    clock,
    onChange: (next: Catalog) => {
      log.info('provider catalog changed', { providers: next.providers.length });
      options.onEverything();
    },
    onError: (problems) =>
      log.warn('provider catalog is invalid; the last good one stays', { problems: problems.map(formatProblem) }),
  });
  const connection = await connect(options);
  const transport = createTransport({
    connection,
    clock,
    onRequest: ({ verb, code }) => metrics.apiRequests.inc({ verb, code: code === 0 ? 'error' : String(code) }),
  });
  const store = secretStore({
    transport,
    clock,
    log,
    onChange: (secret) => {
      if (needs.usersOf(secret).length > 0) options.onEverything();
    },
  });
  const needs = createSecretNeeds(store);
  const local = fileAndEnvCredentials({ env: options.env, clock, onChange: () => options.onEverything() });
  const credentials = clusterCredentials(store, local);
  const workflows = watchWorkflows({
    transport,
    clock,
    log,
    parse: parseWorkflow,
    onChange(key) {
      const known = workflows.get(key);
      const workflow = known?.kind === 'usable' ? known.workflow : undefined;
      needs.changed(key, workflow);
      if (!workflow || needs.known(workflow)) options.onWorkflow(key);
    },
  });
  return {
    connection,
    transport,
    workflows,
    secrets: needs,
    surroundings: {
      catalog: () => catalog.current(),
      credentials,
      allowUpstream: options.allowUpstream,
      inCluster: true,
    },
    async stop() {
      workflows.stop();
      catalog.stop();
      credentials.stop();
      await transport.close();
    },
  };
}
