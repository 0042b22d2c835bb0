// What operator and gateway have in common in a cluster: the connection, the workflows with their Secrets, the catalog.
import type { buildConnector } from 'undici';
import type { Catalog } from '../../lib/api/catalog.ts';
import type { WorkflowKey } from '../../lib/api/workflow.ts';
import { watchCatalog } from '../catalog-file.ts';
import type { Clock } from '../clock.ts';
import { fileAndEnvCredentials } from '../credentials.ts';
import { egressConnector } from '../egress-connector.ts';
import { formatProblem } from '../file-problem.ts';
import { inClusterConnection } from '../kube/connection.ts';
import type { Connection } from '../kube/connection.ts';
import { kubeconfigConnection } from '../kube/kubeconfig.ts';
import { secretStore } from '../kube/secrets.ts';
import { createTransport } from '../kube/transport.ts';
import type { OpenTransport } from '../kube/transport.ts';
import { watchWorkflows } from '../kube/workflows.ts';
import { createWorkflowParser } from '../parse-workflow.ts';
import { egressPolicy } from '../routes/egress.ts';
import { createResolver } from '../targets.ts';
import type { Resolver } from '../targets.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { CredentialSource } from '../credentials.ts';
import { clusterCredentials } from './credentials.ts';
import { createSecretNeeds } from './secret-needs.ts';
import { settledWorkflows } from './settled-workflows.ts';
import type { SettledWorkflows } from './settled-workflows.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/** Where the cluster is and what is read from files. */
export interface ClusterOptions {
  readonly providers: string;
  readonly kubeconfig?: string;
  readonly allowUpstream: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** A workflow appeared, changed or went, or a Secret that it names did. */
  onWorkflow(key: WorkflowKey): void;
  /** The catalog or one of its credentials changed. */
  onEverything(): void;
}

/** A live view of the cluster. */
export interface Cluster {
  readonly connection: Connection;
  readonly transport: OpenTransport;
  readonly workflows: Pick<SettledWorkflows, 'get' | 'keys' | 'settled' | 'isSettled'>;
  /** How long the view of the workflows may have been out of date: 0 while a watch is open. */
  staleSinceMs(): number;
  readonly resolver: Resolver;
  readonly credentials: CredentialSource;
  /** How targets are connected to: never where no workflow may call. */
  readonly connect: buildConnector.connector;
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
  // What may wait comes first: from the first watch on nothing is awaited, so no news arrives before all parts are there.
  const connection = await connect(options);
  const everythingChanged = () => {
    resolver.changed();
    options.onEverything();
  };
  const catalog = watchCatalog(options.providers, {
    clock,
    onChange: (next: Catalog) => {
      log.info('provider catalog changed', { providers: next.providers.length });
      everythingChanged();
    },
    onError: (problems) =>
      log.warn('provider catalog is invalid; the last good one stays', { problems: problems.map(formatProblem) }),
  });
  const transport = createTransport({
    connection,
    clock,
    onRequest: ({ verb, code }) => metrics.apiRequests.inc({ verb, code: code === 0 ? 'error' : String(code) }),
  });
  const store = secretStore({ transport, clock, log, onChange: (secret) => workflows.secretChanged(secret) });
  const local = fileAndEnvCredentials({ env: options.env, clock, onChange: everythingChanged });
  const credentials = clusterCredentials(store, local);
  const resolver = createResolver({
    catalog: () => catalog.current(),
    credentials,
    allowUpstream: options.allowUpstream,
    inCluster: true,
  });
  const source = watchWorkflows({
    transport,
    clock,
    log,
    parse: createWorkflowParser(),
    onChange: (key) => workflows.changed(key),
  });
  const workflows = settledWorkflows({
    source,
    needs: createSecretNeeds(store),
    onChange: (key) => options.onWorkflow(key),
    onSecret(workflow, key) {
      resolver.forget(workflow);
      options.onWorkflow(key);
    },
  });
  return {
    connection,
    transport,
    workflows,
    staleSinceMs: () => source.staleSinceMs(),
    resolver,
    credentials,
    connect: egressConnector({
      policy: () => egressPolicy(catalog.current(), { allowUpstream: options.allowUpstream, inCluster: true }),
      timeoutMs: CONNECT_TIMEOUT_MS,
    }),
    async stop() {
      source.stop();
      catalog.stop();
      credentials.stop();
      await transport.close();
    },
  };
}
