// From the names of a spec to what is really called for each: a target per dialect, or why there is none and what to do
// about it.
import type { Catalog } from '../../lib/api/catalog.ts';
import type { Reason } from '../../lib/api/reasons.ts';
import { modelNames, PROTOCOLS } from '../../lib/api/spec.ts';
import type { ModelOverride, OwnProvider, Protocol } from '../../lib/api/spec.ts';
import type { Workflow } from '../../lib/api/workflow.ts';
import { candidates, choose, matches } from './choose.ts';
import type { Candidate } from './choose.ts';
import { checkEgress } from './egress.ts';
import type { EgressPolicy } from './egress.ts';
import { targetId } from './target.ts';
import type { CredentialRef, Target } from './types.ts';

/** Why a model cannot be served by this spec. */
export type NotServingReason = Extract<
  Reason,
  'DialectMismatch' | 'ProviderNotFound' | 'SecretNotFound' | 'SecretForbidden' | 'EgressDenied' | 'InvalidSpec'
>;

/** Why there is no target, and a sentence with the fix. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly reason: NotServingReason;
  readonly message: string;
}

/** A model of the spec and what is called for it. */
export interface ResolvedModel {
  readonly name: string;
  /** Its place in the spec; the primary has 0. */
  readonly specIndex: number;
  /** In the workflow's dialect: what probes ask and status speaks of. */
  readonly served: { readonly kind: 'target'; readonly target: Target } | Refusal;
  /** In every dialect that it can be asked in. */
  readonly targets: Readonly<Partial<Record<Protocol, Target>>>;
  /** The workflow's dialect, the same for all models of one workflow; undefined while no model has a provider. */
  readonly dialect?: Protocol;
  readonly maxOutputTokens?: number;
  readonly set: Readonly<Record<string, unknown>>;
  readonly remove: readonly string[];
}

/** What is known of a credential, without its value. */
export type CredentialState = 'ok' | 'missing' | 'forbidden';

/** What the spec does not say: where it may call, and which credentials there are. */
export interface ResolvePolicy {
  readonly egress: EgressPolicy;
  readonly credential: (ref: CredentialRef, url: URL) => CredentialState;
}

/** Every model of the workflow, in spec order. */
export function resolveModels(workflow: Workflow, catalog: Catalog, policy: ResolvePolicy): readonly ResolvedModel[] {
  const { spec } = workflow;
  const all = candidates(spec.models.providers, catalog);
  const overrides = new Map(spec.models.overrides.map((override) => [override.model, override]));
  const names = modelNames(spec);
  const dialect = names
    .map((name) => choose(all, name, { named: overrides.get(name)?.provider })?.provider.protocol)
    .find((protocol) => protocol !== undefined);
  return names.map((name, specIndex) => {
    const override = overrides.get(name);
    const asked: Asked = { name, override, namespace: workflow.metadata.namespace, all, policy };
    return {
      name,
      specIndex,
      ...resolve(asked, dialect),
      ...(dialect && { dialect }),
      ...(override?.maxOutputTokens !== undefined && { maxOutputTokens: override.maxOutputTokens }),
      set: override?.parameters?.set ?? {},
      remove: override?.parameters?.remove ?? [],
    };
  });
}

interface Asked {
  readonly name: string;
  readonly override: ModelOverride | undefined;
  readonly namespace: string;
  readonly all: readonly Candidate[];
  readonly policy: ResolvePolicy;
}

function resolve(asked: Asked, dialect: Protocol | undefined): Pick<ResolvedModel, 'served' | 'targets'> {
  const found = PROTOCOLS.map((protocol) => {
    const candidate = choose(asked.all, asked.name, { named: asked.override?.provider, protocol });
    return { protocol, result: candidate && targetOf(asked, candidate) };
  });
  const targets = Object.fromEntries(
    found.flatMap(({ protocol, result }) => (result?.kind === 'target' ? [[protocol, result.target] as const] : [])),
  );
  const served = found.find(({ protocol }) => protocol === dialect)?.result ?? unserved(asked, dialect);
  return { served, targets };
}

/** Why no provider serves the model in the workflow's dialect. */
function unserved({ name, override, all }: Asked, dialect: Protocol | undefined): Refusal {
  const named = override?.provider;
  const other = choose(all, name, { named });
  if (other && dialect) {
    return refusal(
      'DialectMismatch',
      `${name} is served by provider ${other.provider.name}, which speaks ${other.provider.protocol}, but the workflow ` +
        `speaks ${dialect}: choose a model or a provider that speaks ${dialect}`,
    );
  }
  const known = [...new Set(all.map(({ provider }) => provider.name))].join(', ') || 'none';
  if (named !== undefined) {
    return refusal(
      'ProviderNotFound',
      `the override of ${name} names provider ${named}, which does not exist: correct it, or add it to ` +
        `spec.models.providers (there are: ${known})`,
    );
  }
  return refusal(
    'ProviderNotFound',
    `no provider serves ${name}: correct the name, add a provider to spec.models.providers, or name one in ` +
      `spec.models.overrides (there are: ${known})`,
  );
}

function targetOf(asked: Asked, candidate: Candidate): ResolvedModel['served'] {
  const { provider } = candidate;
  if (!URL.canParse(provider.baseURL)) {
    return refusal('InvalidSpec', `baseURL of provider ${provider.name} is no URL that can be called: correct it`);
  }
  const url = new URL(provider.baseURL);
  const credential = credentialOf(asked, candidate);
  const refused = ownRefusal(asked, candidate, url) ?? credentialRefusal(asked, credential, url);
  return refused ?? { kind: 'target', target: soundTarget(asked, candidate, credential) };
}

function soundTarget(asked: Asked, candidate: Candidate, credential: CredentialRef | undefined): Target {
  const { provider } = candidate;
  const authHeader = provider.auth?.header;
  const identity = {
    baseURL: provider.baseURL,
    protocol: provider.protocol,
    upstreamModel: asked.override?.upstreamModel ?? asked.name,
    ...(credential && { credential }),
  };
  return {
    id: targetId({ ...identity, ...(candidate.kind === 'own' && { namespace: asked.namespace }) }),
    provider: provider.name,
    ...identity,
    ...(authHeader !== undefined && { authHeader }),
    reasoning: candidate.kind === 'catalog' && thinks(candidate.provider.reasoning, asked.name, identity.upstreamModel),
  };
}

const thinks = (patterns: readonly string[], ...names: readonly string[]) =>
  patterns.some((pattern) => names.some((name) => matches(pattern, name)));

function credentialOf({ namespace }: Asked, candidate: Candidate): CredentialRef | undefined {
  if (candidate.kind === 'own') return secretOf(candidate.provider, namespace);
  const { auth } = candidate.provider;
  if (auth === undefined) return undefined;
  return 'env' in auth ? { kind: 'env', name: auth.env } : { kind: 'file', path: auth.file };
}

function secretOf({ auth }: OwnProvider, namespace: string): CredentialRef | undefined {
  return auth && { kind: 'secret', namespace, name: auth.secretRef.name, key: auth.secretRef.key };
}

/** What a workflow's own provider may not do: take a catalog's name, or point where workflows may not. */
function ownRefusal({ namespace, policy }: Asked, candidate: Candidate, url: URL): Refusal | undefined {
  if (candidate.kind === 'catalog') return undefined;
  const { name } = candidate.provider;
  if (candidate.inCatalogToo) {
    return refusal(
      'InvalidSpec',
      `spec.models.providers has a provider ${name}, which is a name of the operator's catalog: rename it`,
    );
  }
  const verdict = checkEgress(url, namespace, policy.egress);
  return verdict.ok ? undefined : refusal('EgressDenied', `provider ${name}: ${verdict.why}`);
}

function credentialRefusal({ policy }: Asked, credential: CredentialRef | undefined, url: URL): Refusal | undefined {
  if (credential === undefined) return undefined;
  switch (policy.credential(credential, url)) {
    case 'ok':
      return undefined;
    case 'missing':
      return refusal('SecretNotFound', missing(credential, policy.egress.inCluster));
    case 'forbidden':
      return refusal('SecretForbidden', forbidden(credential, url));
  }
}

function missing(credential: CredentialRef, inCluster: boolean): string {
  switch (credential.kind) {
    case 'env':
      return `the environment variable ${credential.name} is not set: set it to the provider's key and start again`;
    case 'file':
      return `the file ${credential.path} is not there or empty: put the provider's key into it`;
    case 'secret':
      return inCluster
        ? `Secret ${credential.namespace}/${credential.name} has no key ${credential.key}: create the Secret with it`
        : `Secret ${credential.name} cannot be read, for there is no cluster: put the provider and its key into the file of --providers`;
  }
}

function forbidden(credential: CredentialRef, url: URL): string {
  switch (credential.kind) {
    case 'env':
      return `the environment variable ${credential.name} may not be sent to ${url.host}`;
    case 'file':
      return `the file ${credential.path} may not be read: give the program permission to`;
    case 'secret':
      return (
        `Secret ${credential.namespace}/${credential.name} may not be read, or not be sent to ${url.host}: grant a Role that ` +
        `names it, and annotate it with ai.example.com/allowed-hosts: ${url.host}`
      );
  }
}

const refusal = (reason: NotServingReason, message: string): Refusal => ({ kind: 'refusal', reason, message });
