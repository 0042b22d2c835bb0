// What is wrong with the arguments of a resource, told before anything is deployed.
import * as pulumi from '@pulumi/pulumi';

/** Arguments that no resource can be made of. Pulumi prints the message without a stack, for it says where to look. */
export class InvalidArgsError extends pulumi.RunError {
  override readonly name = 'InvalidArgsError';
  /** One sentence each: the field, what it must be, the fix. Values are not repeated: one may be a secret. */
  readonly problems: readonly string[];

  constructor(resource: string, problems: readonly string[]) {
    super(`${resource} cannot be made:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}
