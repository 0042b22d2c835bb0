// Makes a decision true: memory kept, status written once and only when it changed, people told, canaries wanted.
import type { Workflow, WorkflowKey } from '../../lib/api/workflow.ts';
import type { CanaryWant, Decision, Input, Memory } from '../decide/types.ts';
import { TerminalError, TransientError } from '../errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createHeldEvents } from './held-events.ts';
import type { OwnWrites } from './own-writes.ts';
import { sameValue } from './same-status.ts';
import type { EventSink, StatusStore, WriteTurns } from './types.ts';

export interface ActPorts {
  readonly store: StatusStore;
  /** Without it every write may go at once. */
  readonly turns?: WriteTurns;
  /** Its turn to write has come: the workflow is to be looked at now. */
  onTurn?(key: WorkflowKey): void;
  readonly events: EventSink;
  /** The workflow as the cache has it now. */
  lookup(key: WorkflowKey): Workflow | undefined;
  readonly memory: { set(uid: string, memory: Memory): void; delete(uid: string): void };
  readonly ownWrites: OwnWrites;
  /** Replaces what this workflow wants to be asked. */
  wantCanaries(uid: string, wants: readonly CanaryWant[]): void;
  readonly metrics?: Pick<Metrics, 'statusWrites'>;
}

export interface Actor {
  /** Throws the TransientError or TerminalError of the status write; the decision then comes true at a later look. */
  act(key: WorkflowKey, input: Input, decision: Decision): Promise<void>;
  /** The object with this uid is gone; forgets all that was kept for it. */
  forget(uid: string): void;
}

type WriteResult = 'ok' | 'transient' | 'terminal' | 'bug';

/** An actor over these ports. */
export function actor(ports: ActPorts): Actor {
  const { store, events, ownWrites, memory } = ports;
  const held = createHeldEvents();

  async function write(workflow: Workflow, { status }: Decision): Promise<void> {
    const { uid } = workflow.metadata;
    try {
      ownWrites.wrote(uid, await store.write(workflow, status), status);
      ports.metrics?.statusWrites.inc({ result: 'ok' });
    } catch (error) {
      ports.metrics?.statusWrites.inc({ result: resultOf(error) });
      throw error;
    }
  }

  const mayWrite = (key: WorkflowKey, uid: string, { urgent }: Decision) =>
    ports.turns?.take(uid, urgent, () => ports.onTurn?.(key)) ?? true;

  return {
    async act(key, input, decision) {
      const { uid } = input;
      const workflow = ports.lookup(key);
      // Deleted, or deleted and created anew, since it was looked at: nothing of this is about what is there now.
      if (workflow === undefined || workflow.metadata.uid !== uid) return;
      // Evidence is handed out once, so what was folded is kept even when the write fails.
      memory.set(uid, decision.memory);
      ports.wantCanaries(uid, decision.canaries);
      // An edit since the look has enqueued the key: its own look writes, with the generation that is true then.
      if (workflow.metadata.generation !== input.generation) return held.hold(uid, decision.events);
      const latest = ownWrites.latest(workflow);
      const changed = !sameValue(latest.status, decision.status);
      // The look that writes tells all that happened since the last written status, so this one's events are not kept.
      if (changed && !mayWrite(key, uid, decision)) return;
      if (!changed) ports.turns?.leave(uid);
      held.hold(uid, decision.events);
      if (changed) await write(latest, decision);
      for (const event of held.release(uid)) events.record(latest, event);
    },
    forget(uid) {
      memory.delete(uid);
      ownWrites.forget(uid);
      held.forget(uid);
      ports.turns?.leave(uid);
    },
  };
}

function resultOf(error: unknown): WriteResult {
  if (error instanceof TransientError) return 'transient';
  return error instanceof TerminalError ? 'terminal' : 'bug';
}
