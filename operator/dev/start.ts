// Embedded mode: the loop and the gateway of the cluster in one process, with files where the API server would be. The
// demo runs on it too.
import type { FastifyInstance } from 'fastify';
import { Agent } from 'undici';
import type { Catalog } from '../../lib/api/catalog.ts';
import type { Workflow } from '../../lib/api/workflow.ts';
import { API_VERSION, keyOf, KIND } from '../../lib/api/workflow.ts';
import { builtInCatalog, watchCatalog } from '../catalog-file.ts';
import type { CatalogSource } from '../catalog-file.ts';
import type { Clock } from '../clock.ts';
import type { Break } from '../config-options.ts';
import { fileAndEnvCredentials } from '../credentials.ts';
import type { WorkflowEvent } from '../decide/types.ts';
import { InvalidFileError } from '../file-problem.ts';
import type { FileProblem } from '../file-problem.ts';
import type { ListenAddress } from '../listen-address.ts';
import { startLoop } from '../loop.ts';
import type { Loop } from '../loop.ts';
import type { RouteTable } from '../routes/types.ts';
import { serve } from '../serve.ts';
import type { Serving } from '../serve.ts';
import { createResolver } from '../targets.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { ReadText } from '../watched-text.ts';
import { createBreaks } from './breaks.ts';
import type { Breaks } from './breaks.ts';
import { openFileStore } from './file-store.ts';
import type { FileStore } from './file-store.ts';
import { isForeign, isJSON } from './host-guard.ts';
import { noStateDirectory, stateDirectory } from './state-directory.ts';

/** Where the catalog comes from: a file to follow, what is built in, or just this one. */
export type CatalogChoice = { readonly file: string } | { readonly fixed: Catalog } | { readonly builtIn: true };

/** What to run. */
export interface DevOptions {
  readonly files: readonly string[];
  readonly catalog: CatalogChoice;
  readonly listen: ListenAddress;
  readonly state?: string;
  readonly break: readonly Break[];
}

/** What to run it on, and who hears of what happens. */
export interface DevPorts {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly read?: ReadText;
  /** Where requests are traced; default nowhere. */
  readonly tracing?: Tracing | undefined;
  /** A workflow has a new status. */
  readonly onStatus: (workflow: Workflow) => void;
  readonly onEvent: (workflow: Workflow, event: WorkflowEvent) => void;
  /** A file is bad now, and its last good state stays. */
  readonly onProblems: (problems: readonly FileProblem[]) => void;
  /** A file was edited and the edit is in use: of a workflow (`namespace/name`), or of the `catalog`. */
  readonly onEdit: (what: string) => void;
}

/** Embedded mode, running. */
export interface Dev {
  readonly address: ListenAddress;
  readonly store: Pick<FileStore, 'list' | 'get' | 'others'>;
  readonly breaks: Breaks;
  table(): RouteTable;
  stop(): Promise<void>;
}

/** The object as `kubectl get -o json` would show it. */
const asObject = ({ metadata, spec, status }: Workflow) => ({
  apiVersion: API_VERSION,
  kind: KIND,
  metadata,
  spec,
  status,
});

function addWorkflowPaths(app: FastifyInstance, store: Pick<FileStore, 'list' | 'get'>): void {
  app.get('/workflows', (_request, reply) => reply.send({ items: store.list().map(asObject) }));
  app.get('/workflows/:namespace/:name', (request, reply) => {
    const { namespace, name } = request.params as { namespace: string; name: string };
    const workflow = store.get(`${namespace}/${name}`);
    if (workflow) return reply.send(asObject(workflow));
    const there = store.list().map(({ metadata }) => keyOf(metadata));
    return reply.code(404).send({ error: `there is no workflow ${namespace}/${name}; there are: ${there.join(', ')}` });
  });
}

const guardFor =
  (listen: ListenAddress) =>
  (request: {
    readonly method?: string | undefined;
    readonly headers: {
      readonly host?: string | undefined;
      readonly origin?: string | undefined;
      readonly 'content-type'?: string | undefined;
    };
  }) => {
    const { host, origin, 'content-type': contentType } = request.headers;
    if (isForeign(host, origin, listen))
      return 'only this machine may call: the Host or Origin of the request is foreign';
    return request.method === 'POST' && !isJSON(contentType) ? 'send content-type: application/json' : undefined;
  };

const fixed = (catalog: Catalog): CatalogSource => ({ current: () => catalog, stop: () => {} });

/** Runs both and throws one error with what is wrong in either. */
function openBoth<A extends { stop(): void }, B>(first: () => A, second: () => B): readonly [A, B] {
  const problems: FileProblem[] = [];
  const attempt = <T>(open: () => T): T | undefined => {
    try {
      return open();
    } catch (error) {
      if (!(error instanceof InvalidFileError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const [a, b] = [attempt(first), attempt(second)];
  if (a !== undefined && b !== undefined) return [a, b];
  a?.stop();
  throw new InvalidFileError(problems);
}

/** Starts embedded mode. Rejects with InvalidFileError, or with the error of a port that cannot be listened on. */
export async function startDev(options: DevOptions, ports: DevPorts): Promise<Dev> {
  const { clock, log, env, read } = ports;
  const metrics = createMetrics({ process: true });
  // Files are followed from the start, but nothing happens before both halves run.
  let running: { readonly serving: Serving; readonly loop: Loop } | undefined;
  const everythingChanged = () => {
    running?.serving.everythingChanged();
    running?.loop.everythingChanged();
  };

  const openCatalog = (): CatalogSource => {
    const { catalog } = options;
    if ('builtIn' in catalog) return fixed(builtInCatalog());
    if ('fixed' in catalog) return fixed(catalog.fixed);
    return watchCatalog(catalog.file, {
      clock,
      ...(read && { read }),
      onChange() {
        ports.onEdit('catalog');
        everythingChanged();
      },
      onError: ports.onProblems,
    });
  };
  const openStore = (): FileStore =>
    openFileStore(options.files, {
      clock,
      ...(read && { read }),
      state: options.state === undefined ? noStateDirectory : stateDirectory(options.state),
      onChange(key, edited) {
        running?.serving.workflowChanged(key);
        const workflow = store.get(key);
        if (edited) {
          ports.onEdit(key);
          running?.loop.enqueue(key);
        } else if (workflow) ports.onStatus(workflow);
      },
      onError: ports.onProblems,
    });
  const [catalog, store] = openBoth(openCatalog, openStore);

  const credentials = fileAndEnvCredentials({ env, clock, ...(read && { read }), onChange: everythingChanged });
  const breaks = await createBreaks({ clock, onChange: everythingChanged });
  const dispatcher = new Agent({ allowH2: false });
  const stopAll = async () => {
    await running?.loop.stop();
    await running?.serving.stop();
    store.stop();
    catalog.stop();
    credentials.stop();
    await breaks.stop();
    await dispatcher.destroy();
  };

  try {
    for (const { model, mode } of options.break) await breaks.break(model, mode);
    const resolver = createResolver({
      catalog: () => catalog.current(),
      credentials,
      allowUpstream: [],
      inCluster: false,
      redirect: breaks.redirect,
    });
    const serving = await serve({
      clock,
      log,
      metrics,
      workflows: store,
      resolver,
      credentials,
      listen: options.listen,
      guard: guardFor(options.listen),
      tracing: ports.tracing,
      extend: (app) => addWorkflowPaths(app, store),
    });
    serving.everythingChanged();
    const loop = startLoop({
      clock,
      log,
      metrics,
      workflows: {
        lookup(key) {
          const workflow = store.get(key);
          return workflow && { workflow };
        },
        keys: () => store.list().map(({ metadata }) => keyOf(metadata)),
      },
      resolver,
      status: store,
      events: { record: ports.onEvent },
      counterSources: () => [{ id: 'embedded', read: () => Promise.resolve(serving.counters()) }],
      isLeader: () => true,
      dispatcher,
    });
    running = { serving, loop };
    return { address: serving.address, store, breaks, table: () => serving.table(), stop: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}
