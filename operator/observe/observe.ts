// Puts together all that decide may look at. What it means is not said here.
import { durationMs } from '../../lib/api/duration.ts';
import type { WorkflowStatus } from '../../lib/api/status.ts';
import type { Workflow, WorkflowKey } from '../../lib/api/workflow.ts';
import type { Clock } from '../clock.ts';
import type { Input, Memory, ModelTarget } from '../decide/types.ts';
import type { ProbeTarget } from './probe-target.ts';
import type { TargetWatch } from './target-watch.ts';
import type { Traffic } from './traffic.ts';

/** A workflow as the cache has it. `invalid` says why its newest spec cannot be used; `spec` is then its last good one. */
export interface KnownWorkflow {
  readonly workflow: Workflow;
  readonly invalid?: string;
}

/** What the models of a spec are, and how each distinct target among them is asked. */
export interface ResolvedTargets {
  /** In spec order, primary first. */
  readonly models: readonly ModelTarget[];
  readonly probes: readonly ProbeTarget[];
}

export interface ObservePorts {
  lookup(key: WorkflowKey): KnownWorkflow | undefined;
  resolve(workflow: Workflow): ResolvedTargets;
  readonly memory: { get(uid: string): Memory | undefined };
  /** The status as last read or, when newer, as last written. */
  latestStatus(workflow: Workflow): WorkflowStatus | undefined;
  readonly watch: Pick<TargetWatch, 'use' | 'drop' | 'evidence' | 'facts' | 'blind'>;
  readonly traffic: Pick<Traffic, 'fold' | 'forget'>;
  readonly clock: Pick<Clock, 'now'>;
  /** The object with this uid is gone; what was kept for it can be forgotten. */
  onGone(uid: string): void;
}

/** What is known of the workflow now; undefined when it is gone. */
export function observer(ports: ObservePorts): (key: WorkflowKey) => Promise<Input | undefined> {
  const { watch, traffic } = ports;
  const uidByKey = new Map<WorkflowKey, string>();

  function forget(key: WorkflowKey): void {
    const uid = uidByKey.get(key);
    if (uid === undefined) return;
    uidByKey.delete(key);
    watch.drop(uid);
    traffic.forget(uid);
    ports.onGone(uid);
  }

  /** An object of the same name that was created anew is another one. */
  function remember(key: WorkflowKey, uid: string): void {
    if (uidByKey.get(key) === uid) return;
    forget(key);
    uidByKey.set(key, uid);
  }

  function look(key: WorkflowKey): Input | undefined {
    const known = ports.lookup(key);
    if (known === undefined) {
      forget(key);
      return undefined;
    }
    const { workflow, invalid } = known;
    const { metadata, spec } = workflow;
    const { uid } = metadata;
    remember(key, uid);
    const resolved = ports.resolve(workflow);
    watch.use(uid, {
      key,
      targets: resolved.probes,
      intervalMs: durationMs(spec.interval),
      timeoutMs: durationMs(spec.probes.timeout),
    });
    const previous = ports.latestStatus(workflow);
    const memory = ports.memory.get(uid);
    return {
      uid,
      name: metadata.name,
      namespace: metadata.namespace,
      generation: metadata.generation,
      annotations: metadata.annotations ?? {},
      spec,
      ...(invalid !== undefined && { invalid }),
      targets: resolved.models,
      facts: watch.facts(uid),
      blind: watch.blind(),
      ...(previous !== undefined && { previous }),
      ...(memory !== undefined && { memory }),
      evidence: watch.evidence(uid),
      traffic: traffic.fold(uid),
      now: ports.clock.now(),
    };
  }

  return async (key) => look(key);
}
