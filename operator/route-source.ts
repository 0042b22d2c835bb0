// Keeps a gateway's route table current: workflows, their status and the catalog in, whole tables out. Embedded mode and
// the gateway in a cluster share it.
import type { Workflow, WorkflowKey } from '../lib/api/workflow.ts';
import type { Clock, Timer } from './clock.ts';
import { buildRouteTable, routeOf } from './routes/table.ts';
import type { RouteTable, WorkflowRoute } from './routes/types.ts';
import type { Resolver } from './targets.ts';

/** What building tables needs. */
export interface RouteSourcePorts {
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly workflows: { get(key: WorkflowKey): Workflow | undefined; list(): Iterable<Workflow> };
  /** Puts a table into service. Throws when it cannot be used; the one before stays. */
  readonly publish: (table: RouteTable) => void;
  /** A table, or one workflow of it, could not be built. What was there before stays. */
  readonly onError: (error: unknown, workflow?: WorkflowKey) => void;
  /** Changes within this time, or within ten times what the last table cost, become one table. Default 10. */
  readonly gatherMs?: number;
}

/** A table is not built again before so many times what it cost has passed: a herd must not take the time of requests. */
const REST = 10;

/** Builds tables when it is told that something changed. */
export interface RouteSource {
  /** The first table; also after the catalog, a credential or a redirect changed. */
  rebuildAll(): void;
  /** One workflow appeared, changed (its status included) or went. */
  workflowChanged(key: WorkflowKey): void;
  stop(): void;
}

/** A source that has built nothing yet. */
export function createRouteSource(ports: RouteSourcePorts): RouteSource {
  const routes = new Map<WorkflowKey, WorkflowRoute>();
  const { clock } = ports;
  let timer: Timer | undefined;
  let lastCostMs = 0;

  const publish = () => {
    const startedAt = clock.now();
    try {
      ports.publish(buildRouteTable(routes.values()));
    } catch (error) {
      ports.onError(error);
    }
    lastCostMs = clock.now() - startedAt;
  };

  const renew = (key: WorkflowKey) => {
    const workflow = ports.workflows.get(key);
    if (!workflow) return void routes.delete(key);
    try {
      routes.set(key, routeOf(workflow, ports.resolver.resolve(workflow).resolved));
    } catch (error) {
      ports.onError(error, key);
    }
  };

  return {
    rebuildAll() {
      const keys = [...ports.workflows.list()].map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
      const live = new Set(keys);
      for (const key of routes.keys()) if (!live.has(key)) routes.delete(key);
      for (const key of keys) renew(key);
      publish();
    },
    workflowChanged(key) {
      renew(key);
      timer ??= clock.after(Math.max(ports.gatherMs ?? 10, REST * lastCostMs), () => {
        timer = undefined;
        publish();
      });
    },
    stop: () => timer?.cancel(),
  };
}
