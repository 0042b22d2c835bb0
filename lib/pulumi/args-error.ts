// What is wrong with the arguments of a resource, told before anything is deployed.
import * as pulumi from '@pulumi/pulumi';
import type { FieldError } from '../api/field-error.ts';

/** Arguments that no resource can be made of. Pulumi prints the message without a stack, for it says where to look. */
export class InvalidArgsError extends pulumi.RunError {
  override readonly name = 'InvalidArgsError';
  /** Each field with what to write instead. Values are not repeated: one may be a secret. */
  readonly problems: readonly FieldError[];

  constructor(resource: string, problems: readonly FieldError[]) {
    const lines = problems.map(({ path, message }) => `  ${path}: ${message}`);
    super([`${resource} cannot be made:`, ...lines].join('\n'));
    this.problems = problems;
  }
}
