// The body that goes to one model: the caller's bytes with the model's name, its length cap and its parameters spliced in.
import { LENGTH_LIMITS } from './facts.ts';
import { splice } from '../json/splice.ts';
import { textOf } from '../json/scan.ts';
import type { Candidate } from '../upstream/candidate.ts';
import type { ScannedRequest } from '../json/scan.ts';

/** A cap lowers what the caller asks for; it never raises it and never adds a limit. */
function addCaps(changes: Map<string, string | undefined>, request: ScannedRequest, cap: number): void {
  for (const name of LENGTH_LIMITS) {
    const text = changes.has(name) ? changes.get(name) : textOf(request.bytes, request.object, name);
    if (Number(text) > cap) changes.set(name, String(cap));
  }
}

/** The bytes to send to this candidate. */
export function bodyFor(request: ScannedRequest, { model, target }: Candidate): readonly Buffer[] {
  const changes = new Map<string, string | undefined>();
  for (const name of model.remove) changes.set(name, undefined);
  for (const [name, value] of Object.entries(model.set)) changes.set(name, JSON.stringify(value));
  if (model.maxOutputTokens !== undefined) addCaps(changes, request, model.maxOutputTokens);
  changes.set('model', JSON.stringify(target.upstreamModel));
  return splice(request.bytes, request.object, changes);
}

/** The bytes of a token count: it takes fewer members than a message, so none is added but the model. */
export function countBodyFor(request: ScannedRequest, { model, target }: Candidate): readonly Buffer[] {
  const changes = new Map<string, string | undefined>(model.remove.map((name) => [name, undefined]));
  changes.set('model', JSON.stringify(target.upstreamModel));
  return splice(request.bytes, request.object, changes);
}
