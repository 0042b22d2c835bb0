// Workflows come into view together with the Secrets that they name. Until these have been read, an edit stays out of view
// and what was there before goes on: a route without a model whose key is only late would be a lie.
import type { Workflow, WorkflowKey } from '../../lib/api/workflow.ts';
import type { SecretName } from '../kube/secrets.ts';
import type { KnownWorkflow, WorkflowSource } from '../kube/workflows.ts';
import type { SecretNeeds } from './secret-needs.ts';

/** The workflows that can be judged. */
export interface SettledWorkflows {
  get(key: WorkflowKey): KnownWorkflow | undefined;
  keys(): readonly WorkflowKey[];
  /** Resolves once every workflow of the first list is in view. */
  readonly settled: Promise<void>;
  isSettled(): boolean;
  /** The source says something new of this workflow. */
  changed(key: WorkflowKey): void;
  /** Something new is known of this Secret. */
  secretChanged(secret: SecretName): void;
}

/** What a view is made from, and who is told. */
export interface SettledWorkflowsOptions {
  readonly source: Pick<WorkflowSource, 'get' | 'synced'>;
  readonly needs: SecretNeeds;
  /** The workflow came into view, changed there, or left it. */
  readonly onChange: (key: WorkflowKey) => void;
  /** A Secret of this workflow, which is in view, may have another value. */
  readonly onSecret: (workflow: Workflow, key: WorkflowKey) => void;
}

/** The part of a known workflow that can serve. */
export const usableWorkflow = (known: KnownWorkflow | undefined): Workflow | undefined =>
  known?.kind === 'usable' ? known.workflow : undefined;

/** A view with nothing in it yet. */
export function settledWorkflows({ source, needs, onChange, onSecret }: SettledWorkflowsOptions): SettledWorkflows {
  const view = new Map<WorkflowKey, KnownWorkflow>();
  const waiting = new Set<WorkflowKey>();
  const settling = Promise.withResolvers<void>();
  const state = { synced: false, settled: false };

  function settle(): void {
    if (!state.synced || waiting.size > 0 || state.settled) return;
    state.settled = true;
    settling.resolve();
  }

  function show(key: WorkflowKey): void {
    const known = source.get(key);
    waiting.delete(key);
    if (known) view.set(key, known);
    else view.delete(key);
    onChange(key);
    settle();
  }

  void source.synced.then(() => {
    state.synced = true;
    settle();
  });

  return {
    get: (key) => view.get(key),
    keys: () => [...view.keys()],
    settled: settling.promise,
    isSettled: () => state.settled,
    changed(key) {
      needs.changed(key, usableWorkflow(source.get(key)));
      if (needs.asked(key)) show(key);
      else waiting.add(key);
    },
    secretChanged(secret) {
      for (const key of needs.usersOf(secret)) {
        const workflow = usableWorkflow(view.get(key));
        if (workflow) onSecret(workflow, key);
        if (waiting.has(key) && needs.asked(key)) show(key);
      }
    },
  };
}
