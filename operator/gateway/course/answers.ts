// What goes back to the caller: a provider's whole answer as it is, or an error of ours.
import type { ServerResponse } from 'node:http';
import type { Protocol } from '../../../lib/api/spec.ts';
import { errorBody, errorHeaders } from '../dialects/errors.ts';
import type { OwnError } from '../dialects/errors.ts';
import type { Answer } from './exchange.ts';
import { Outlet } from './outlet.ts';
import type { OutletParts } from './outlet.ts';

/** Passes an answer on, with our headers behind its own. */
export function writeAnswer(to: OutletParts, answer: Answer, ownHeaders: readonly string[]): void {
  const { out } = to;
  if (out.destroyed) return;
  out.writeHead(answer.status, [...answer.headers, ...ownHeaders, 'content-length', String(answer.body.length)]);
  new Outlet(to).end(answer.body);
}

/** Tells an error of ours in the caller's dialect. */
export function writeError(
  out: ServerResponse,
  dialect: Protocol,
  error: OwnError,
  id: string,
  ownHeaders: readonly string[],
): void {
  if (out.destroyed || out.headersSent) return;
  const body = Buffer.from(errorBody(dialect, error, id));
  out.writeHead(error.status, [...errorHeaders(error), ...ownHeaders, 'content-length', String(body.length)]);
  out.end(body);
}
