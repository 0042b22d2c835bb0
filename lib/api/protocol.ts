// The wire dialects. Without zod, so that declarations that need only their names do not need its: in a stock cdk8s or Pulumi project
// the compiler reads every declaration that it is led to, and zod's do not compile there.

/** The wire dialect of a provider. */
export type Protocol = 'Anthropic' | 'OpenAI';

/** All of them. */
export const PROTOCOLS = ['Anthropic', 'OpenAI'] as const satisfies readonly Protocol[];
