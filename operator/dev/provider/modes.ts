// The ways in which a simulated provider can misbehave, as real ones do.

/** How far a mode reaches: only requests that generate, or everything, the free probe included. */
export type ModeReach = 'generation' | 'everything';

/** One way to behave, with the sentence that `--break MODEL=MODE` shows. */
export interface ModeDescription {
  readonly reach: ModeReach;
  readonly sentence: string;
}

const MODE_TABLE = {
  ok: { reach: 'generation', sentence: 'answers well' },
  refuse: { reach: 'everything', sentence: 'refuses or resets every connection' },
  '529': {
    reach: 'generation',
    sentence: 'is overloaded: generation fails while GET models stays good (OpenAI dialect: 503)',
  },
  '500': { reach: 'generation', sentence: 'answers 500 to generation while GET models stays good' },
  '503': { reach: 'everything', sentence: 'answers 503 to everything' },
  '401': { reach: 'everything', sentence: 'rejects the credential' },
  '404': { reach: 'everything', sentence: 'does not know the model any more' },
  '429': { reach: 'generation', sentence: 'limits the rate, with a Retry-After of 2 s' },
  '429-for-a-minute': { reach: 'generation', sentence: 'limits the rate, with a Retry-After of 60 s' },
  quota: { reach: 'generation', sentence: 'says that the account has no quota left' },
  hang: {
    reach: 'generation',
    sentence: 'takes generation requests and never sends a byte, while GET models stays good',
  },
  freeze: { reach: 'everything', sentence: 'takes every request and never sends a byte' },
  'hang-after-headers': { reach: 'generation', sentence: 'sends the headers and never a byte of the body' },
  'zero-bytes': { reach: 'generation', sentence: 'answers 200 and ends without a byte of the body' },
  'ping-forever': { reach: 'generation', sentence: 'sends keep-alives and never any content' },
  'ping-then-hang': { reach: 'generation', sentence: 'sends a keep-alive, and falls silent before any content' },
  'cut-before-content': { reach: 'generation', sentence: 'breaks the connection before the first content' },
  'cut-after-content': { reach: 'generation', sentence: 'resets the connection in the middle of the content' },
  'cut-after-content-fin': {
    reach: 'generation',
    sentence: 'closes the connection (FIN) in the middle of the content',
  },
  stall: { reach: 'generation', sentence: 'falls silent in the middle of the content' },
  truncate: { reach: 'generation', sentence: 'ends the answer cleanly in the middle, without a terminal event' },
  'error-first-event': { reach: 'generation', sentence: 'answers 200 and sends an error as the first event' },
  'error-mid-stream': { reach: 'generation', sentence: 'sends an error event in the middle of the content' },
  'half-json': { reach: 'generation', sentence: 'sends JSON that stops half way' },
  empty: { reach: 'generation', sentence: 'answers completely, with nothing in it' },
  'off-schema': { reach: 'generation', sentence: 'answers JSON that breaks the schema that the request declares' },
  'html-200': { reach: 'everything', sentence: 'answers 200 with an HTML page' },
  slow: { reach: 'generation', sentence: 'answers well, but slowly' },
} as const satisfies Record<string, ModeDescription>;

/** One way for a simulated provider to behave. */
export type Mode = keyof typeof MODE_TABLE;

/** Every mode with its sentence, in the order of the help text. */
export const MODES: readonly (ModeDescription & { readonly name: Mode })[] = (
  Object.entries(MODE_TABLE) as [Mode, ModeDescription][]
)
  .map(([name, description]) => ({ name, ...description }))
  // Object keys that look like numbers come first by the language's rules; a reader looks for `ok` first.
  .sort((a, b) => Number(b.name === 'ok') - Number(a.name === 'ok'));

export const isMode = (word: string): word is Mode => Object.hasOwn(MODE_TABLE, word);

/** Whether the mode changes what the free probe sees. */
export const reachesEverything = (mode: Mode): boolean => MODE_TABLE[mode].reach === 'everything';
