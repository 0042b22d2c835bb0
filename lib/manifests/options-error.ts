// What is wrong with options, told all at once to the person who wrote them.
import type { FieldError } from '../api/field-errors.ts';

/** Options that nothing can be built from. `problems` says everything that is wrong: which option, and what it must be. */
export class PlatformOptionsError extends Error {
  override readonly name = 'PlatformOptionsError';
  readonly problems: readonly FieldError[];

  constructor(problems: readonly FieldError[]) {
    super(problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('\n'));
    this.problems = problems;
  }
}
