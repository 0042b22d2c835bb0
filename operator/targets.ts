// From a workflow to what is asked and called for it: the resolution that the loop and the gateway share, so that both
// always speak of the same targets.
import { canarySchema } from '../lib/api/catalog.ts';
import type { CanarySettings, Catalog } from '../lib/api/catalog.ts';
import { durationMs } from '../lib/api/duration.ts';
import type { WorkflowSpec } from '../lib/api/spec.ts';
import type { Workflow } from '../lib/api/workflow.ts';
import type { CredentialSource } from './credentials.ts';
import type { ModelTarget } from './decide/types.ts';
import type { ResolvedTargets } from './observe/observe.ts';
import type { ProbeTarget } from './observe/probe-target.ts';
import { egressPolicy } from './routes/egress.ts';
import { resolveModels } from './routes/resolve.ts';
import type { ResolvedModel, ResolvePolicy } from './routes/resolve.ts';
import type { Target } from './routes/types.ts';

/** Sends what is meant for a target elsewhere; its identity stays. Only embedded mode has one, for `--break`. */
export type Redirect = (model: string, target: Target) => Target;

/** What resolving needs besides the workflow. */
export interface Surroundings {
  readonly catalog: () => Catalog;
  readonly credentials: CredentialSource;
  readonly allowUpstream: readonly string[];
  readonly inCluster: boolean;
  readonly redirect?: Redirect;
}

const policyOf = ({ catalog, credentials, allowUpstream, inCluster }: Surroundings): ResolvePolicy => ({
  egress: egressPolicy(catalog(), { allowUpstream, inCluster }),
  credential(ref, url) {
    const credential = credentials.lookup(ref, url);
    if (credential.kind === 'found') return 'ok';
    return credential.reason === 'SecretForbidden' ? 'forbidden' : 'missing';
  },
});

function redirected(model: ResolvedModel, redirect: Redirect): ResolvedModel {
  const { name, served, targets } = model;
  return {
    ...model,
    served: served.kind === 'target' ? { kind: 'target', target: redirect(name, served.target) } : served,
    targets: Object.fromEntries(
      Object.entries(targets).map(([protocol, target]) => [protocol, redirect(name, target)]),
    ),
  };
}

/** Every model of the workflow with what is really called for it. */
function resolveWorkflow(workflow: Workflow, surroundings: Surroundings): readonly ResolvedModel[] {
  const { redirect } = surroundings;
  const resolved = resolveModels(workflow, surroundings.catalog(), policyOf(surroundings));
  return redirect ? resolved.map((model) => redirected(model, redirect)) : resolved;
}

const versionOf = ({ credential, baseURL }: Target, credentials: CredentialSource): number => {
  if (!credential) return 0;
  const found = credentials.lookup(credential, new URL(baseURL));
  return found.kind === 'found' ? found.version : 0;
};

function modelTarget({ name, served }: ResolvedModel, credentials: CredentialSource): ModelTarget {
  if (served.kind === 'refusal') return { name, kind: 'notServing', reason: served.reason, message: served.message };
  const { id, provider, protocol } = served.target;
  return {
    name,
    kind: 'target',
    target: id,
    provider,
    protocol,
    credentialVersion: versionOf(served.target, credentials),
  };
}

/** A workflow's own provider says nothing about canaries: it gets the catalog's defaults. */
const canaryOf = (provider: string, catalog: Catalog): CanarySettings =>
  catalog.providers.find(({ name }) => name === provider)?.canary ?? canarySchema.parse({});

function probeTarget(target: Target, { catalog, credentials }: Surroundings): ProbeTarget {
  const { id, provider, protocol, baseURL, upstreamModel, authHeader, credential } = target;
  const { prompt, maxTokens, timeout, maxPerHour } = canaryOf(provider, catalog());
  return {
    id,
    protocol,
    baseURL,
    upstreamModel,
    ...(authHeader !== undefined && { authHeader }),
    credential() {
      const found = credential && credentials.lookup(credential, new URL(baseURL));
      return found?.kind === 'found' ? found.value : undefined;
    },
    credentialVersion: versionOf(target, credentials),
    canary: { prompt, maxTokens, timeoutMs: durationMs(timeout), maxPerHour },
  };
}

/** A workflow resolved: for the route table, for `decide` and for `observe`. */
export interface Resolution extends ResolvedTargets {
  readonly resolved: readonly ResolvedModel[];
}

/** Resolves workflows, each spec once until something around it changes. */
export interface Resolver {
  resolve(workflow: Workflow): Resolution;
  /** The catalog, a credential or a redirect changed. */
  changed(): void;
  /** A Secret that this workflow names changed. */
  forget(workflow: Workflow): void;
}

/** A resolver that has resolved nothing yet. */
export function createResolver(surroundings: Surroundings): Resolver {
  // By spec object: a status write keeps it, an edit brings another, and what is gone is collected.
  let known = new WeakMap<WorkflowSpec, Resolution & { readonly namespace: string }>();
  const { credentials } = surroundings;
  return {
    resolve(workflow) {
      const { namespace } = workflow.metadata;
      const before = known.get(workflow.spec);
      if (before?.namespace === namespace) return before;
      const resolved = resolveWorkflow(workflow, surroundings);
      const resolution = {
        namespace,
        resolved,
        models: resolved.map((model) => modelTarget(model, credentials)),
        probes: resolved.flatMap(({ served }) =>
          served.kind === 'target' ? [probeTarget(served.target, surroundings)] : [],
        ),
      };
      known.set(workflow.spec, resolution);
      return resolution;
    },
    changed: () => void (known = new WeakMap()),
    forget: ({ spec }) => void known.delete(spec),
  };
}
