// Makes a decision true: memory kept, status written once and only when it changed, people told, canaries wanted.
import type { Workflow, WorkflowKey } from '../../lib/api/workflow.ts';
import type { CanaryWant, Decision, Input, Memory } from '../decide/types.ts';
import { TerminalError, TransientError } from '../errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createHeldEvents } from './held-events.ts';
import type { OwnWrites } from './own-writes.ts';
import { sameValue } from './same-status.ts';
import type { EventSink, StatusStore } from './types.ts';

export interface ActPorts {
  readonly store: StatusStore;
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

  async function write(workflow: Workflow, { status, urgent }: Decision): Promise<void> {
    const { uid } = workflow.metadata;
    try {
      ownWrites.wrote(uid, await store.write(workflow, status, urgent), status);
      ports.metrics?.statusWrites.inc({ result: 'ok' });
    } catch (error) {
      ports.metrics?.statusWrites.inc({ result: resultOf(error) });
      throw error;
    }
  }

  return {
    async act(key, input, decision) {
      const { uid } = input;
      const workflow = ports.lookup(key);
      // Deleted, or deleted and created anew, since it was looked at: nothing of this is about what is there now.
      if (workflow === undefined || workflow.metadata.uid !== uid) return;
      // Evidence is handed out once, so what was folded is kept even when the write fails.
      memory.set(uid, decision.memory);
      ports.wantCanaries(uid, decision.canaries);
      held.hold(uid, decision.events);
      // An edit since the look has enqueued the key: its own look writes, with the generation that is true then.
      if (workflow.metadata.generation !== input.generation) return;
      const latest = ownWrites.latest(workflow);
      if (!sameValue(latest.status, decision.status)) await write(latest, decision);
      for (const event of held.release(uid)) events.record(latest, event);
    },
    forget(uid) {
      memory.delete(uid);
      ownWrites.forget(uid);
      held.forget(uid);
    },
  };
}

function resultOf(error: unknown): WriteResult {
  if (error instanceof TransientError) return 'transient';
  return error instanceof TerminalError ? 'terminal' : 'bug';
}
