// What is read out of the body of an answer to a probe or a canary.
import type { Protocol } from '../../lib/api/spec.ts';
import { readErrorWords } from '../provider-words.ts';
import type { ErrorWords } from '../provider-words.ts';
import type { Answer } from './exchange.ts';

type Members = Readonly<Record<string, unknown>>;

const members = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {});

/** The members of the answer's JSON object; none when it is not one. */
export function jsonMembers(answer: Answer): Members {
  try {
    return members(JSON.parse(answer.body.toString('utf8')));
  } catch {
    return {};
  }
}

/** The words of the answer's error; none when it has no error. */
export const errorWords = (answer: Answer): ErrorWords => readErrorWords(jsonMembers(answer)['error']);

/** The answer is a whole one of its dialect: whatever it says, it ended as the dialect ends. */
export function endsAsDialect(protocol: Protocol, answer: Answer): boolean {
  const body = jsonMembers(answer);
  switch (protocol) {
    case 'Anthropic':
      return body['type'] === 'message' && typeof body['stop_reason'] === 'string';
    case 'OpenAI': {
      const choices = body['choices'];
      return Array.isArray(choices) && typeof members(choices[0])['finish_reason'] === 'string';
    }
  }
}
