// A resource of some other package, of which something is known only after it is made.
import * as pulumi from '@pulumi/pulumi';

/** `value` is unknown to a preview. */
export class Late extends pulumi.CustomResource {
  declare readonly value: pulumi.Output<string>;

  constructor(name: string, value: string) {
    super('test:index:Late', name, { given: value, value: undefined });
  }
}
