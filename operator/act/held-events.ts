// Events whose status could not be written yet. decide tells of a transition once; when the write behind it fails, the
// event waits for the write that succeeds, so that people are told neither too early nor never.
import type { WorkflowEvent } from '../decide/types.ts';

/** More than this of one workflow are not kept: its status has the last transitions. */
export const MAX_HELD_EVENTS = 20;

export interface HeldEvents {
  hold(uid: string, events: readonly WorkflowEvent[]): void;
  /** Hands over what waited, oldest first. */
  release(uid: string): readonly WorkflowEvent[];
  forget(uid: string): void;
}

const sameEvent = (a: WorkflowEvent, b: WorkflowEvent) =>
  a.action === b.action && a.reason === b.reason && a.note === b.note;

/** Nothing waits. */
export function createHeldEvents(): HeldEvents {
  const held = new Map<string, readonly WorkflowEvent[]>();
  return {
    hold(uid, events) {
      if (events.length === 0) return;
      const before = held.get(uid) ?? [];
      const fresh = events.filter((event) => !before.some((other) => sameEvent(event, other)));
      held.set(uid, [...before, ...fresh].slice(-MAX_HELD_EVENTS));
    },
    release(uid) {
      const events = held.get(uid) ?? [];
      held.delete(uid);
      return events;
    },
    forget: (uid) => void held.delete(uid),
  };
}
