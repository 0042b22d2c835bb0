// Turns an HTTP request into an Exchange, or says in the caller's dialect why it cannot be one.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Protocol } from '../../../lib/api/spec.ts';
import type { WorkflowRoute } from '../../routes/types.ts';
import type { AnswerRoom } from '../course/answer-memory.ts';
import type { Candidate } from '../upstream/candidate.ts';
import type { ChecksFor } from '../checks/verdict.ts';
import { deadlineMs } from '../course/deadlines.ts';
import type { OwnError } from '../dialects/errors.ts';
import type { Caller, Exchange } from '../course/exchange.ts';
import { callerFacts, namesProviderState } from '../course/facts.ts';
import { callerHeaders } from '../upstream/headers.ts';
import type { ModelApi } from '../dialects/model-api.ts';
import type { RequestSpan } from '../traces/request-span.ts';
import { scanObject } from '../json/scan.ts';
import type { ScannedRequest } from '../json/scan.ts';

/** What of an HTTP request becomes an exchange. */
export interface Arrival {
  readonly route: WorkflowRoute;
  readonly dialect: Protocol;
  readonly api: ModelApi;
  /** Below the dialect's base URL, with the query. */
  readonly path: string;
  readonly incoming: IncomingMessage;
  readonly out: ServerResponse;
  readonly caller: Caller;
  readonly room: AnswerRoom;
  readonly body: Buffer;
  readonly id: string;
  readonly now: number;
  readonly checksFor: ChecksFor;
  readonly trace: RequestSpan | undefined;
}

/** Our refusals of requests that no retry would help. */
export const refusal = (status: 400 | 404 | 413 | 415, code: string, message: string): OwnError => ({
  status,
  code,
  message,
  shouldRetry: false,
});

/** The models of the workflow that speak the dialect, in the order of attempts. */
export function candidatesOf(route: WorkflowRoute, dialect: Protocol): Candidate[] {
  return route.models.flatMap((model) => {
    const target = model.targets[dialect];
    return target ? [{ model, target }] : [];
  });
}

/** The first model, in spec order, that speaks the dialect: the one whose word the caller's faults are. */
function primaryOf(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.reduce<Candidate | undefined>(
    (first, each) => (first && first.model.specIndex <= each.model.specIndex ? first : each),
    undefined,
  );
}

const sameAccount = (a: Candidate, b: Candidate) =>
  a.target.provider === b.target.provider &&
  a.target.baseURL === b.target.baseURL &&
  JSON.stringify(a.target.credential) === JSON.stringify(b.target.credential);

function noCandidate({ key, notServing }: WorkflowRoute, dialect: Protocol): OwnError {
  const unserved = notServing.map(({ name, reason, message }) => `${name}: ${reason}, ${message}`).join('; ');
  const why = unserved === '' ? 'use the base URL of its own dialect' : unserved;
  return refusal(400, 'no_provider_for_dialect', `no model of ${key} has a provider that speaks ${dialect}: ${why}`);
}

function headerOf(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** The scanned body, or why it cannot be passed on. */
export function scanBody(incoming: IncomingMessage, bytes: Buffer): ScannedRequest | OwnError {
  const encoding = headerOf(incoming, 'content-encoding');
  if (encoding !== undefined && encoding !== 'identity') {
    return refusal(415, 'unsupported_content_encoding', `send the body without content-encoding, not ${encoding}`);
  }
  const object = scanObject(bytes);
  return object ? { bytes, object } : refusal(400, 'invalid_json', 'the body is not one JSON object');
}

/** The exchange of a model request, or the error to answer with. */
export function takeIn(arrival: Arrival): Exchange | OwnError {
  const { route, dialect, api, path, incoming, out, caller, body, id, now } = arrival;
  const request = scanBody(incoming, body);
  if ('status' in request) return request;
  const all = candidatesOf(route, dialect);
  const primary = primaryOf(all);
  if (!primary) return noCandidate(route, dialect);
  const pinned = namesProviderState(request);
  const checks = arrival.checksFor(route, api, request);
  return {
    route,
    dialect,
    api,
    path,
    request,
    facts: callerFacts(request),
    headers: callerHeaders(incoming.rawHeaders, headerOf(incoming, 'connection')),
    anthropicVersion: headerOf(incoming, 'anthropic-version'),
    ...(checks && { checks }),
    candidates: pinned ? all.filter((candidate) => sameAccount(candidate, primary)) : all,
    primary: primary.model.name,
    id,
    startedAt: now,
    deadlineAt: now + deadlineMs(headerOf(incoming, 'x-stainless-timeout')),
    mayRetry: !(Number(headerOf(incoming, 'x-stainless-retry-count')) >= 1),
    caller,
    out,
    room: arrival.room,
    trace: arrival.trace,
  };
}

/** The active model in that dialect, for what goes once to it. */
export function activeCandidate(route: WorkflowRoute, dialect: Protocol): Candidate | OwnError {
  const candidates = candidatesOf(route, dialect);
  const active = candidates.find(({ model }) => model.name === route.activeModel) ?? candidates[0];
  return active ?? noCandidate(route, dialect);
}
