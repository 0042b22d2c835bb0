// The MCPWorkflows of the cluster, parsed. A bad edit does not take a workflow away: its last good spec stays.
import type { WorkflowStatus } from '../../lib/api/status.ts';
import { readStatus } from '../../lib/api/tolerant.ts';
import { API_VERSION, PLURAL } from '../../lib/api/workflow.ts';
import type { ObjectMeta, Workflow, WorkflowKey } from '../../lib/api/workflow.ts';
import type { Clock } from '../clock.ts';
import { listWatch } from './list-watch.ts';
import type { ListWatch } from './list-watch.ts';
import type { KubeLog } from './log.ts';
import type { KubeObject } from './object-cache.ts';
import type { Transport } from './transport.ts';

/** A workflow as it can be used now. */
export type KnownWorkflow =
  /** With `invalid`, the spec is an older one, or lacks what is wrong; metadata and status are of now. */
  | { readonly kind: 'usable'; readonly workflow: Workflow; readonly invalid?: string }
  /** No spec of it could ever be used. */
  | {
      readonly kind: 'unusable';
      readonly metadata: ObjectMeta;
      readonly invalid: string;
      readonly status?: WorkflowStatus;
    };

/** What the parser of lib/api answers. */
export type ParsedObject =
  | { readonly ok: true; readonly workflow: Workflow }
  | {
      readonly ok: false;
      readonly errors: readonly { readonly path: string; readonly message: string }[];
      readonly salvaged?: Workflow;
    };

/** A live copy of the workflows. */
export interface WorkflowSource {
  get(key: WorkflowKey): KnownWorkflow | undefined;
  keys(): readonly WorkflowKey[];
  /** Resolves after the first whole list. */
  readonly synced: Promise<void>;
  isSynced(): boolean;
  lastEventAt(): number | undefined;
  /** How long the copy may have been out of date: 0 while a watch is open. */
  staleSinceMs(): number;
  stop(): void;
}

/** What is watched and who is told. */
export interface WorkflowSourceOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: KubeLog;
  readonly parse: (object: unknown) => ParsedObject;
  /** @default every namespace */
  readonly namespace?: string;
  /** Something about this workflow has changed, or it is gone. */
  readonly onChange?: (key: WorkflowKey) => void;
  readonly inactivityMs?: number;
}

interface RawWorkflow extends KubeObject {
  readonly metadata: ObjectMeta;
  readonly status?: unknown;
}

/** The path of all workflows, or of those of one namespace. */
export function workflowsPath(namespace?: string): string {
  return namespace === undefined
    ? `/apis/${API_VERSION}/${PLURAL}`
    : `/apis/${API_VERSION}/namespaces/${encodeURIComponent(namespace)}/${PLURAL}`;
}

/** Starts to watch at once. */
export function watchWorkflows(options: WorkflowSourceOptions): WorkflowSource {
  const { parse, log } = options;
  const known = new Map<WorkflowKey, KnownWorkflow>();

  const take = (key: string, object: RawWorkflow | undefined) => {
    if (object) known.set(key, understand(object, parse(object), known.get(key)));
    else known.delete(key);
    const view = known.get(key);
    if (view?.invalid !== undefined) log.warn('a workflow is invalid', { workflow: key, invalid: view.invalid });
    options.onChange?.(key);
  };
  const watch: ListWatch<RawWorkflow> = listWatch<RawWorkflow>({
    transport: options.transport,
    clock: options.clock,
    log,
    path: workflowsPath(options.namespace),
    onChange: take,
    ...(options.inactivityMs === undefined ? {} : { inactivityMs: options.inactivityMs }),
  });
  return {
    get: (key) => known.get(key),
    keys: () => [...known.keys()],
    synced: watch.synced,
    isSynced: () => watch.isSynced(),
    lastEventAt: () => watch.lastEventAt(),
    staleSinceMs: () => watch.staleSinceMs(),
    stop: () => watch.stop(),
  };
}

const MAX_INVALID = 900;

function understand(object: RawWorkflow, parsed: ParsedObject, before: KnownWorkflow | undefined): KnownWorkflow {
  if (parsed.ok) return { kind: 'usable', workflow: parsed.workflow };
  const { metadata } = object;
  const invalid = parsed.errors
    .map(({ path, message }) => `${path} ${message}`)
    .join('; ')
    .slice(0, MAX_INVALID);
  const lastGood =
    before?.kind === 'usable' && before.workflow.metadata.uid === metadata.uid ? before.workflow : undefined;
  const usable = lastGood ?? parsed.salvaged;
  const read = readStatus(object.status);
  const status = read && { status: read };
  if (!usable) return { kind: 'unusable', metadata, invalid, ...status };
  // Only the spec is kept from before: the status is our own and goes on.
  return { kind: 'usable', workflow: { metadata, spec: usable.spec, ...status }, invalid };
}
