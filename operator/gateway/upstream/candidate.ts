// Whom a request may ask.
import type { Protocol } from '../../../lib/api/spec.ts';
import type { RouteModel, Target, WorkflowRoute } from '../../routes/types.ts';

/** A model that can be asked in the dialect of the request, and what is called for it. */
export interface Candidate {
  readonly model: RouteModel;
  readonly target: Target;
  /** Under which the gateway keeps what it learns: a target has one for each workflow, and another one when that is created anew. */
  readonly key: string;
}

/** Whom the requests of a workflow may ask in one dialect. */
export interface Lineup {
  /** In the order of attempts. */
  readonly candidates: readonly Candidate[];
  /** The first model, in spec order: the one whose word the caller's faults are. Undefined when nobody speaks the dialect. */
  readonly primary: Candidate | undefined;
}

const candidateOf = (route: WorkflowRoute, model: RouteModel, target: Target): Candidate => ({
  model,
  target,
  key: `${route.key}\n${route.uid}\n${target.id}`,
});

/** What a candidate's key is made of. */
export function partsOf(key: string): { readonly workflow: string; readonly uid: string; readonly target: string } {
  const [workflow = '', uid = '', target = ''] = key.split('\n');
  return { workflow, uid, target };
}

/** All candidates of a route, in every dialect. */
export const candidatesOf = (route: WorkflowRoute): readonly Candidate[] =>
  route.models.flatMap((model) => Object.values(model.targets).map((target) => candidateOf(route, model, target)));

function lineUp(route: WorkflowRoute, dialect: Protocol): Lineup {
  const candidates = route.models.flatMap((model) => {
    const target = model.targets[dialect];
    return target ? [candidateOf(route, model, target)] : [];
  });
  const [primary] = [...candidates].sort((a, b) => a.model.specIndex - b.model.specIndex);
  return { candidates, primary };
}

const lineups: Readonly<Record<Protocol, WeakMap<WorkflowRoute, Lineup>>> = {
  Anthropic: new WeakMap(),
  OpenAI: new WeakMap(),
};

/** Those of a route that speak the dialect. Made once for each route, because every request asks for it. */
export function lineupOf(route: WorkflowRoute, dialect: Protocol): Lineup {
  let lineup = lineups[dialect].get(route);
  if (!lineup) lineups[dialect].set(route, (lineup = lineUp(route, dialect)));
  return lineup;
}
