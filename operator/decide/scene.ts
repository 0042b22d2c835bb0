// Everything that the words of a status are made of: what was seen, what was folded, what was chosen.
import type { ModelStatus } from '../../lib/api/status.ts';
import { REASONS } from '../../lib/api/reasons.ts';
import { isReason } from '../../lib/api/status.ts';
import type { Route } from './route.ts';
import type { Input, Memory } from './types.ts';

/** One look, decided but not yet told. */
export interface Scene {
  readonly input: Input;
  /** After the fold. */
  readonly memory: Memory;
  /** In spec order, primary first. */
  readonly entries: readonly ModelStatus[];
  readonly route: Route;
}

/** A reason and its sentence. */
export interface Word {
  readonly reason: string;
  readonly message: string;
}

const LONGEST_MESSAGE = 1_024;

/** A reason with a message that fits into status. */
export const word = (reason: string, message: string): Word => ({ reason, message: message.slice(0, LONGEST_MESSAGE) });

/** What a reason means. */
export const explain = (reason: string | undefined): string => (isReason(reason) ? REASONS[reason] : 'it is not well');

/** How a model stands in this look. */
export const standingOf = ({ route }: Scene, name: string) =>
  route.candidates.find((candidate) => candidate.name === name)?.standing;
