// The simulated provider is part of the program (`demo`, `--break`); tests find it here with the other fakes.
export { expectedAnswer } from '../../operator/dev/provider/answer.ts';
export { MODES } from '../../operator/dev/provider/modes.ts';
export type { Mode } from '../../operator/dev/provider/modes.ts';
export { startProvider } from '../../operator/dev/provider/provider.ts';
export type { ProviderOptions, RecordedRequest, SimulatedProvider } from '../../operator/dev/provider/provider.ts';
