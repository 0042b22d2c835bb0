// What the gateway has to know of a request body: a few scalars of its top level. Nothing here decides the route.
import { fieldsOf } from '../json/json-fields.ts';
import type { Fields } from '../json/json-fields.ts';
import type { ModelApi } from '../dialects/model-api.ts';
import { eachElement, memberOf, textOf } from '../json/scan.ts';
import { isAt } from '../json/text-at.ts';
import type { Candidate } from '../upstream/candidate.ts';
import type { ScannedRequest } from '../json/scan.ts';

/** What the times and checks of a request depend on. */
export interface RequestFacts {
  /** The `model` of the body, when it is a string. */
  readonly requestedModel: string | undefined;
  readonly stream: boolean;
  /** The largest of the members that limit the answer's length. */
  readonly maxTokens: number | undefined;
  /** The body asks the model to think first. */
  readonly reasoning: boolean;
}

/** Reads the JSON text of a top-level member. */
export type ReadMember = (name: string) => string | undefined;

/** The members that limit the length of an answer, in any dialect. */
export const LENGTH_LIMITS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const;

function parsed(text: string | undefined): unknown {
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

/** The largest length limit that the members ask for. */
function readMaxTokens(read: ReadMember): number | undefined {
  const limits = LENGTH_LIMITS.map((name) => parsed(read(name))).filter((value) => typeof value === 'number');
  return limits.length > 0 ? Math.max(...limits) : undefined;
}

/** `{"type": "disabled"}`, `"none"` and null ask for no thinking. */
function asksToThink(text: string | undefined): boolean {
  const value = parsed(text);
  if (value === undefined || value === null || value === 'none') return false;
  return !(typeof value === 'object' && 'type' in value && value.type === 'disabled');
}

/** Reads the facts through `read`, which may already know what will be set and removed for a model. */
export function readFacts(read: ReadMember): RequestFacts {
  const model = read('model');
  return {
    requestedModel: model?.startsWith('"') ? (JSON.parse(model) as string) : undefined,
    stream: read('stream') === 'true',
    maxTokens: readMaxTokens(read),
    reasoning: asksToThink(read('thinking')) || asksToThink(read('reasoning')) || asksToThink(read('reasoning_effort')),
  };
}

/** The facts of the body as the caller sent it. */
export function callerFacts({ bytes, object }: ScannedRequest): RequestFacts {
  return readFacts((name) => textOf(bytes, object, name));
}

/** The facts of the body as this model will get it. */
export function factsFor(request: ScannedRequest, facts: RequestFacts, { model }: Candidate): RequestFacts {
  const { set, remove, maxOutputTokens } = model;
  if (maxOutputTokens === undefined && remove.length === 0 && Object.keys(set).length === 0) return facts;
  const patched = readFacts((name) => {
    if (Object.hasOwn(set, name)) return JSON.stringify(set[name]);
    return remove.includes(name) ? undefined : textOf(request.bytes, request.object, name);
  });
  if (patched.maxTokens === undefined || maxOutputTokens === undefined) return patched;
  return { ...patched, maxTokens: Math.min(patched.maxTokens, maxOutputTokens) };
}

/** Ids of uploaded files as the two providers write them; a tool argument of that name rarely looks like one. */
const FILE_ID = /"file_id"\s*:\s*"file[-_]/;

const isSet = (text: string | undefined) => text !== undefined && text !== 'null';

/** Whether a member of that name may be somewhere, found by its rarest part: prose and JSON are full of its other characters. */
function hasFileId(bytes: Buffer): boolean {
  let at = bytes.indexOf('_id"');
  while (at >= 0 && !isAt(bytes, at - 5, '"file')) at = bytes.indexOf('_id"', at + 1);
  return at >= 0;
}

/** Whether the request names state that only one provider account holds. */
export function namesProviderState({ bytes, object }: ScannedRequest): boolean {
  const read = (name: string) => textOf(bytes, object, name);
  if (isSet(read('previous_response_id')) || isSet(read('conversation')) || isSet(read('container'))) return true;
  return hasFileId(bytes) && FILE_ID.test(bytes.toString('latin1'));
}

/** The members of the last element of a top-level list; none when there is no such list. */
function lastOf({ bytes, object }: ScannedRequest, name: string): Fields {
  const list = memberOf(object, name);
  let last: number | undefined;
  const remember = (start: number) => {
    last = start;
    return true;
  };
  if (list) eachElement(bytes, list.valueStart, remember);
  return list && last !== undefined ? fieldsOf(JSON.parse(bytes.toString('utf8', last, list.valueEnd - 1))) : {};
}

const isToolResultBlock = (block: unknown) => fieldsOf(block)['type'] === 'tool_result';

/** Whether the conversation ends with the result of a tool, after which an empty answer is a fair one. */
export function endsWithToolResult(api: ModelApi, request: ScannedRequest): boolean {
  switch (api) {
    case 'messages': {
      const { content } = lastOf(request, 'messages');
      return Array.isArray(content) && content.some(isToolResultBlock);
    }
    case 'chat': {
      const { role } = lastOf(request, 'messages');
      return role === 'tool' || role === 'function';
    }
    case 'responses': {
      const { type } = lastOf(request, 'input');
      return typeof type === 'string' && type.endsWith('_call_output');
    }
  }
}
