// What is wrong with a file that a person wrote, said so that the person can mend it.
import { SetupError } from './errors.ts';

/** One thing that is wrong in a file. */
export interface FileProblem {
  readonly file: string;
  readonly line?: number;
  /** As a person writes it: `spec.models.fallbacks[1]`. */
  readonly field?: string;
  /** What was expected, what came, what to write. */
  readonly message: string;
}

/** `file:line: field: message`, the form that editors and terminals can jump to. */
export function formatProblem({ file, line, field, message }: FileProblem): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return field === undefined || field === '' ? `${place}: ${message}` : `${place}: ${field}: ${message}`;
}

/** A file cannot be used at all; `problems` says everything that is wrong with it. */
export class InvalidFileError extends SetupError {
  override readonly name = 'InvalidFileError';
  readonly problems: readonly FileProblem[];

  constructor(problems: readonly FileProblem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}
