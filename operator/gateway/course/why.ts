// Why a request was not served by its workflow's primary, in one word.
import type { WorkflowRoute } from '../../routes/types.ts';
import type { Tried } from './exchange.ts';

/** Undefined when the primary served. What this request saw itself comes before what the table says. */
export function whyNotPrimary(route: WorkflowRoute, served: string, tried: readonly Tried[]): string | undefined {
  const { primary } = route;
  if (served === primary) return undefined;
  const seen = tried.find(({ model }) => model === primary);
  if (seen) return seen.reason;
  const unserved = route.notServing.find(({ name }) => name === primary);
  if (unserved) return unserved.reason;
  const model = route.models.find(({ name }) => name === primary);
  return route.reason ?? model?.reason ?? 'DialectMismatch';
}
