// Runs a program as `pulumi up` would, with Pulumi's mocks in place of an engine and a cluster: for the checks of these examples,
// and to copy for tests of your own.
import * as pulumi from '@pulumi/pulumi';

/** An object as the program asked for it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Where a program runs, and what other stacks have said. */
export interface Stack {
  readonly project: string;
  readonly stack: string;
  /** By `project:key`. */
  readonly config?: Readonly<Record<string, string>>;
  /** Outputs of every stack that is referred to. */
  readonly referred?: Readonly<Record<string, unknown>>;
}

/** What the operator will have written. */
const status = { phase: 'Healthy', activeModel: 'claude-opus-4-8' };

/** Runs the program in `file`; gives what it asked for, and its outputs. */
export async function runWithMocks(
  file: URL,
  { project, stack, config = {}, referred = {} }: Stack,
): Promise<{ readonly objects: readonly Registered[]; readonly outputs: Readonly<Record<string, unknown>> }> {
  const objects: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource({ type, name, inputs }) {
        objects.push({ type, name, inputs: inputs as Registered['inputs'] });
        const known = type.endsWith(':MCPWorkflow') ? { status } : {};
        const outputs = type === 'pulumi:pulumi:StackReference' ? { outputs: referred } : {};
        return { id: name, state: { ...inputs, ...known, ...outputs } as object };
      },
    },
    project,
    stack,
  );
  pulumi.runtime.setAllConfig({ ...config });
  // A program is run once for each stack: the address makes it another module.
  const exported = (await import(`${file.href}?stack=${stack}`)) as object;
  const outputs = await new Promise((resolve) => {
    pulumi.output({ ...exported }).apply(resolve);
  });
  await pulumi.runtime.disconnect();
  return { objects, outputs: outputs as Readonly<Record<string, unknown>> };
}
