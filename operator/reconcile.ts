// One visit to one workflow: look, think, do. Everything that can be known about why is in decide/.
import { decide } from './decide/decide.ts';
import type { Decision, Input } from './decide/types.ts';

export interface Reconciler {
  /** What is known of the workflow now; undefined when it is gone. */
  readonly observe: (key: string) => Promise<Input | undefined>;
  /** Makes the decision true. Throws TransientError or TerminalError. */
  readonly act: (key: string, input: Input, decision: Decision) => Promise<void>;
}

/** Milliseconds until the next timed look; undefined when the workflow is gone. */
export async function reconcile({ observe, act }: Reconciler, key: string): Promise<number | undefined> {
  const input = await observe(key);
  if (!input) return undefined;
  const decision = decide(input);
  await act(key, input, decision);
  return decision.requeueAfterMs;
}
