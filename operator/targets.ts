// From a workflow to what is asked and called for it: the resolution that the loop and the gateway share, so that both
// always speak of the same targets.
import { canarySchema } from '../lib/api/catalog.ts';
import type { CanarySettings, Catalog } from '../lib/api/catalog.ts';
import { durationMs } from '../lib/api/duration.ts';
import type { Workflow } from '../lib/api/workflow.ts';
import type { CredentialSource } from './credentials.ts';
import type { ModelTarget } from './decide/types.ts';
import type { ProbeTarget } from './observe/probe-target.ts';
import { egressPolicy } from './routes/egress.ts';
import { resolveModels } from './routes/resolve.ts';
import type { ResolvedModel, ResolvePolicy } from './routes/resolve.ts';
import type { Target } from './routes/types.ts';

/** Sends what is meant for a target elsewhere; its identity stays. Only embedded mode has one, for `--break`. */
export type Redirect = (model: string, target: Target) => Target;

/** What resolving needs besides the workflow. */
export interface Surroundings {
  catalog(): Catalog;
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
    targets: Object.fromEntries(Object.entries(targets).map(([protocol, target]) => [protocol, redirect(name, target)])),
  };
}

/** Every model of the workflow with what is really called for it. */
export function resolveWorkflow(workflow: Workflow, surroundings: Surroundings): readonly ResolvedModel[] {
  const { redirect } = surroundings;
  const resolved = resolveModels(workflow, surroundings.catalog(), policyOf(surroundings));
  return redirect ? resolved.map((model) => redirected(model, redirect)) : resolved;
}

const versionOf = ({ credential, baseURL }: Target, credentials: CredentialSource): number => {
  if (!credential) return 0;
  const found = credentials.lookup(credential, new URL(baseURL));
  return found.kind === 'found' ? found.version : 0;
};

/** The models as `decide` takes them. */
export function modelTargets(resolved: readonly ResolvedModel[], credentials: CredentialSource): readonly ModelTarget[] {
  return resolved.map(({ name, served }): ModelTarget => {
    if (served.kind === 'refusal') return { name, kind: 'notServing', reason: served.reason, message: served.message };
    const { id, provider, protocol } = served.target;
    return { name, kind: 'target', target: id, provider, protocol, credentialVersion: versionOf(served.target, credentials) };
  });
}

/** A workflow's own provider says nothing about canaries: it gets the catalog's defaults. */
const canaryOf = (provider: string, catalog: Catalog): CanarySettings =>
  catalog.providers.find(({ name }) => name === provider)?.canary ?? canarySchema.parse({});

/** The targets as `observe` asks them: only those of the workflow's own dialect. */
export function probeTargets(resolved: readonly ResolvedModel[], { catalog, credentials }: Surroundings): readonly ProbeTarget[] {
  return resolved.flatMap(({ served }): readonly ProbeTarget[] => {
    if (served.kind === 'refusal') return [];
    const { id, provider, protocol, baseURL, upstreamModel, authHeader, credential } = served.target;
    const { prompt, maxTokens, timeout, maxPerHour } = canaryOf(provider, catalog());
    return [
      {
        id,
        protocol,
        baseURL,
        upstreamModel,
        ...(authHeader !== undefined && { authHeader }),
        credential() {
          const found = credential && credentials.lookup(credential, new URL(baseURL));
          return found?.kind === 'found' ? found.value : undefined;
        },
        credentialVersion: versionOf(served.target, credentials),
        canary: { prompt, maxTokens, timeoutMs: durationMs(timeout), maxPerHour },
      },
    ];
  });
}
