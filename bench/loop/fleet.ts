// The workflows of the benchmark: all share one primary, and their fallbacks are spread over all other targets, so that the
// same layout serves the steady state (many targets) and the herd (one target of all).
import type { WorkflowStatus } from '../../lib/api/status.ts';
import { systemClock } from '../../operator/clock.ts';
import { kubeconfigConnection } from '../../operator/kube/kubeconfig.ts';
import { listWatch } from '../../operator/kube/list-watch.ts';
import type { KubeObject } from '../../operator/kube/object-cache.ts';
import { createTransport } from '../../operator/kube/transport.ts';
import { workflowsPath } from '../../operator/kube/workflows.ts';
import { createLogger } from '../../operator/telemetry/logger.ts';
import { until } from '../../test/cluster/plane-access.ts';
import type { PlaneAccess } from '../../test/cluster/plane-access.ts';

/** The primary of every workflow. */
export const PRIMARY = 'claude-opus-4-8';
const CREATORS = 32;

/** A workflow as the API server has it. */
export interface FleetObject extends KubeObject {
  readonly spec: { readonly models: { readonly primary: string; readonly fallbacks: readonly string[] } };
  readonly status?: WorkflowStatus;
}

/** What every object has to be. */
export type Expectation = (object: FleetObject) => boolean;

/** All workflows, and a watch of what becomes of them. */
export interface Fleet {
  readonly keys: readonly string[];
  /** Milliseconds until every object is as expected. Throws, with the number of those that are not, after `limitMs`. */
  untilAll(what: string, expected: Expectation, limitMs: number): Promise<number>;
  /** Milliseconds until the first object is as expected. */
  untilSome(what: string, expected: Expectation, limitMs: number): Promise<number>;
  /** Asks the API server itself, past every watch: how many are not as expected. */
  countWrong(expected: Expectation): Promise<number>;
  stop(): Promise<void>;
}

const fallbackOf = (index: number, targets: number) => `claude-sonnet-${index % (targets - 1)}`;

function manifest(namespace: string, name: string, fallback: string) {
  return {
    apiVersion: 'ai.example.com/v1alpha1',
    kind: 'MCPWorkflow',
    metadata: { name, namespace },
    spec: { models: { primary: PRIMARY, fallbacks: [fallback] } },
  };
}

/** Creates `size` workflows on `targets` shared targets, 32 at a time. */
export async function createFleet(
  plane: PlaneAccess,
  { size, targets }: { readonly size: number; readonly targets: number },
): Promise<Fleet> {
  const namespace = await plane.namespace('fleet');
  const path = workflowsPath(namespace);
  const names = Array.from({ length: size }, (_, index) => `wf-${String(index).padStart(6, '0')}`);
  let next = 0;
  const create = async () => {
    for (let index = next++; index < size; index = next++) {
      const made = await plane.request(
        'POST',
        path,
        manifest(namespace, names[index] ?? '', fallbackOf(index, targets)),
      );
      if (made.status !== 201) throw new Error(`expected a workflow, got ${made.status} ${JSON.stringify(made.body)}`);
    }
  };
  await Promise.all(Array.from({ length: CREATORS }, create));

  const clock = systemClock();
  const transport = createTransport({
    connection: await kubeconfigConnection({ clock, path: plane.kubeconfig('admin') }),
    clock,
  });
  const watch = listWatch<FleetObject>({ transport, clock, log: createLogger({ level: 'error' }), path });
  await watch.synced;
  const wrong = (objects: readonly FleetObject[], expected: Expectation) =>
    size - objects.filter((object) => expected(object)).length;

  return {
    keys: names.map((name) => `${namespace}/${name}`),
    async untilAll(what, expected, limitMs) {
      const startedAt = performance.now();
      await until(what, () => wrong(watch.list(), expected) === 0, limitMs).catch((cause: unknown) => {
        throw new Error(`${wrong(watch.list(), expected)} of ${size} workflows are not right: ${what}`, { cause });
      });
      return performance.now() - startedAt;
    },
    async untilSome(what, expected, limitMs) {
      const startedAt = performance.now();
      await until(what, () => watch.list().some(expected), limitMs);
      return performance.now() - startedAt;
    },
    async countWrong(expected) {
      const { body } = await plane.request('GET', path);
      return wrong((body as { readonly items: readonly FleetObject[] }).items, expected);
    },
    async stop() {
      watch.stop();
      await transport.close();
    },
  };
}
