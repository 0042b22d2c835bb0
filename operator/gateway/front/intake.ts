// Turns an HTTP request into an Exchange, or says in the caller's dialect why it cannot be one.
import type { IncomingMessage } from 'node:http';
import type { Protocol } from '../../../lib/api/spec.ts';
import type { WorkflowRoute } from '../../routes/types.ts';
import { lineupOf } from '../upstream/candidate.ts';
import type { Candidate } from '../upstream/candidate.ts';
import type { ChecksFor } from '../checks/verdict.ts';
import { deadlineMs } from '../course/deadlines.ts';
import type { OwnError } from '../dialects/errors.ts';
import type { Exchange } from '../course/exchange.ts';
import { callerFacts, namesProviderState } from '../course/facts.ts';
import { callerHeaders } from '../upstream/headers.ts';
import type { ModelApi } from '../dialects/model-api.ts';
import type { Visit } from './visit.ts';
import { scanObject } from '../json/scan.ts';
import type { ScannedRequest } from '../json/scan.ts';

/** What a visit asks for. */
export interface Asked {
  readonly route: WorkflowRoute;
  readonly api: ModelApi;
  /** Below the dialect's base URL, with the query. */
  readonly path: string;
  /** When it arrived. */
  readonly now: number;
  readonly checksFor: ChecksFor;
}

/** Our refusals of requests that no retry would help. */
export const refusal = (status: 400 | 404 | 413 | 415, code: string, message: string): OwnError => ({
  status,
  code,
  message,
  shouldRetry: false,
});

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
export function takeIn(visit: Visit, { route, api, path, now, checksFor }: Asked): Exchange | OwnError {
  const { dialect, incoming, body } = visit;
  const request = scanBody(incoming, body);
  if ('status' in request) return request;
  const { candidates, primary } = lineupOf(route, dialect);
  if (!primary) return noCandidate(route, dialect);
  const pinned = namesProviderState(request);
  return {
    route,
    dialect,
    api,
    path,
    request,
    facts: callerFacts(request),
    headers: callerHeaders(incoming.rawHeaders, headerOf(incoming, 'connection')),
    anthropicVersion: headerOf(incoming, 'anthropic-version'),
    checks: checksFor(route, api, request),
    candidates: pinned ? candidates.filter((candidate) => sameAccount(candidate, primary)) : candidates,
    primary: primary.model.name,
    id: visit.id,
    startedAt: now,
    deadlineAt: now + deadlineMs(headerOf(incoming, 'x-stainless-timeout')),
    mayRetry: !(Number(headerOf(incoming, 'x-stainless-retry-count')) >= 1),
    caller: visit.caller,
    out: visit.out,
    room: visit.room,
    trace: visit.trace,
  };
}

/** The active model in that dialect, for what goes once to it. */
export function activeCandidate(route: WorkflowRoute, dialect: Protocol): Candidate | OwnError {
  const { candidates } = lineupOf(route, dialect);
  const active = candidates.find(({ model }) => model.name === route.activeModel) ?? candidates[0];
  return active ?? noCandidate(route, dialect);
}
