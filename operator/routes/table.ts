// The order of attempts: status orders, the breaker removes. A pure function of what is written, so that a restarted
// operator and every gateway build the same table.
import { durationMs } from '../../lib/api/duration.ts';
import type { ModelStatus, WorkflowStatus } from '../../lib/api/status.ts';
import { keyOf } from '../../lib/api/workflow.ts';
import type { Workflow } from '../../lib/api/workflow.ts';
import { routeChecks } from './checks.ts';
import type { ResolvedModel } from './resolve.ts';
import { ROUTE_TABLE_VERSION } from './types.ts';
import type { RouteModel, RouteTable, RouteTimeout, WorkflowRoute } from './types.ts';

/** Where a workflow's requests go. `resolved` is what `resolveModels` gives for the same workflow. */
export function routeOf(workflow: Workflow, resolved: readonly ResolvedModel[]): WorkflowRoute {
  const { spec, metadata } = workflow;
  const models = orderOf(
    workflow,
    resolved,
    resolved.filter(isRoutable).map((model) => routeModel(workflow, model)),
  );
  const dialect = resolved[0]?.dialect;
  const active = models.find(({ targets }) => dialect !== undefined && targets[dialect])?.name;
  return {
    key: keyOf(metadata),
    uid: metadata.uid,
    ...(dialect && { dialect }),
    primary: spec.models.primary,
    ...(active !== undefined && { activeModel: active }),
    ...explanation(workflow, resolved, active),
    models,
    notServing: resolved.flatMap(({ name, served }) =>
      served.kind === 'refusal' ? [{ name, reason: served.reason, message: served.message }] : [],
    ),
    keyHashes: spec.access.apiKeys.map(({ sha256 }) => sha256),
    checks: routeChecks(spec.checks),
    consecutiveFailures: spec.detection.consecutiveFailures,
    requestTimeout: timeoutOf(spec.detection.requestTimeout),
    firstTokenTimeout: timeoutOf(spec.detection.firstTokenTimeout),
    streamIdleTimeout: timeoutOf(spec.detection.streamIdleTimeout),
    retries: spec.detection.retries,
  };
}

/** The table of all workflows, sorted by key: the same routes give the same bytes. */
export const buildRouteTable = (routes: Iterable<WorkflowRoute>): RouteTable => ({
  version: ROUTE_TABLE_VERSION,
  workflows: Object.fromEntries(
    [...routes].sort((a, b) => (a.key < b.key ? -1 : 1)).map((route) => [route.key, route]),
  ),
});

/** The route of a workflow, by `namespace/name` out of a URL: it may be any text. */
export const routeIn = ({ workflows }: RouteTable, key: string): WorkflowRoute | undefined =>
  Object.hasOwn(workflows, key) ? workflows[key] : undefined;

const timeoutOf = (text: string): RouteTimeout => (text === 'Auto' ? 'Auto' : durationMs(text));
const isRoutable = ({ targets }: ResolvedModel) => Object.keys(targets).length > 0;
const idOf = ({ served }: ResolvedModel) => (served.kind === 'target' ? served.target.id : undefined);
const isIll = ({ state }: ModelStatus) => state === 'Unhealthy' || state === 'Recovering';

/** What status says of a model, while it speaks of the target that spec and catalog give now. */
function currentEntry(status: WorkflowStatus | undefined, model: ResolvedModel): ModelStatus | undefined {
  const id = idOf(model);
  return id === undefined
    ? undefined
    : status?.models?.find(({ name, target }) => name === model.name && target === id);
}

function standingOf(entry: ModelStatus | undefined): RouteModel['standing'] {
  if (entry === undefined) return 'well';
  if (isIll(entry)) return 'ill';
  return entry.throttledUntil === undefined ? 'well' : 'throttled';
}

function routeModel({ spec, status }: Workflow, model: ResolvedModel): RouteModel {
  const entry = currentEntry(status, model);
  const ill = standingOf(entry) === 'ill';
  const unproven = spec.probes.canary === 'Off' || entry?.reason === 'CanaryInvalid';
  const { name, specIndex, targets, maxOutputTokens, set, remove } = model;
  return {
    name,
    specIndex,
    standing: standingOf(entry),
    ...(entry && { since: entry.since }),
    trial: ill && unproven && spec.suspend !== true,
    ...(entry?.reason !== undefined && { reason: entry.reason }),
    targets,
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    set,
    remove,
  };
}

const STANDINGS: readonly RouteModel['standing'][] = ['well', 'throttled', 'ill'];

/** The first model, then the rest by standing, each standing in spec order. */
function orderOf(
  workflow: Workflow,
  resolved: readonly ResolvedModel[],
  models: readonly RouteModel[],
): readonly RouteModel[] {
  const first = firstModel(workflow, resolved, models);
  const rest = STANDINGS.flatMap((standing) =>
    models.filter((model) => model.standing === standing && model !== first),
  );
  return first ? [first, ...rest] : rest;
}

function firstModel(
  { spec, status, metadata }: Workflow,
  resolved: readonly ResolvedModel[],
  models: readonly RouteModel[],
): RouteModel | undefined {
  const named = (name: string | undefined) => models.find((model) => model.name === name);
  const active = named(status?.activeModel);
  // The status speaks of this very spec: who is active was decided with all of it in view, the pin included.
  if (active && status?.observedGeneration === metadata.generation) return active;
  return (
    named(spec.pin) ?? (active && active.standing !== 'ill' && isSamePrimary(status, resolved[0]) ? active : undefined)
  );
}

/** An edit that leaves the primary as it was should not move traffic; one that changes it should, at once. */
function isSamePrimary(status: WorkflowStatus | undefined, primary: ResolvedModel | undefined): boolean {
  const was = status?.models?.[0];
  return was !== undefined && primary !== undefined && was.name === primary.name && was.target === idOf(primary);
}

type Explanation = Pick<WorkflowRoute, 'reason' | 'message'>;

/** Why the first model is not the primary, and what has to happen before it returns. */
function explanation(workflow: Workflow, resolved: readonly ResolvedModel[], active: string | undefined): Explanation {
  const { spec, status } = workflow;
  const primary = resolved[0];
  if (active === undefined || primary === undefined || active === primary.name) return {};
  if (status?.activeModel === active && status.reason !== undefined) return said(status.reason, status.message);
  if (active === spec.pin) return said('Pinned', `spec.pin is ${active}`);
  if (primary.served.kind === 'refusal') return said(primary.served.reason, primary.served.message);
  return said(currentEntry(status, primary)?.reason);
}

const said = (reason?: string, message?: string): Explanation => ({
  ...(reason !== undefined && { reason }),
  ...(message !== undefined && { message }),
});
