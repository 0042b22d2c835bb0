// What is wrong with options, told all at once to the person who wrote them.

/** Options that nothing can be built from. `problems` says everything that is wrong: the option, what it must be, the fix. */
export class PlatformOptionsError extends Error {
  override readonly name = 'PlatformOptionsError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}
