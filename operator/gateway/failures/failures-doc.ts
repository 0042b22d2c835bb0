// docs/failures.md, generated from the table of failure classes so that it cannot lie.
import { FAILURES } from './classify.ts';
import type { Counts, FailureClass, Fault } from './classify.ts';

const HEAD = `# When an attempt fails

Generated from \`operator/gateway/failures/classify.ts\` by \`npm run generate\`; do not edit.

The gateway asks the models of a workflow one after the other until one gives a whole answer. What it makes of each way to fail:
`;

const TAIL = `
What the caller sees:

- While a model is left, nothing of it: the next one is asked, and the headers \`x-mcpworkflow-attempts\` and \`-reason\` tell.
- When none is left, 503 in the dialect of the call, with each model tried and why. \`x-should-retry\` is \`false\` when a model could
  not take the request at all: asking again would not help.
- 400, 413 and 422 of the _primary_ are the caller's own fault and no failure: they are passed on as they are, after one attempt.
- When the gateway cannot hold an answer, it waits for room as long as the request may take, at most a minute, and reads no more
  of it meanwhile. After that it is 503 with a Retry-After, whatever models are left: their answers would need the same room.
- If every model answers with nothing, the first of these answers is passed on as it is.
- An answer that fails a check is a failure only when another model answered the same request well; what callers get is in
  [checks.md](checks.md).
- Before the first content of a stream a failure is as invisible as any other. After it the stream cannot be saved: the caller gets
  the error event of the API and a broken connection, never an end that looks whole.
`;

const FAULTS: Readonly<Record<Fault, string>> = {
  provider: 'the provider',
  account: 'the account or its key',
  spec: 'the spec or the catalog',
  gateway: 'the gateway',
  nobody: 'nobody',
};

const HEALTH: Readonly<Record<Counts, string>> = {
  failure: 'a failure',
  timeout: 'slowness, held until a canary tells',
  throttle: 'throttled: another order, no illness',
  unconfirmed: 'a failure once a free probe is told the same',
  gaveUp: 'suspicion',
  nothing: 'nothing',
};

const row = ({ seen, fault, reason, again, counts, trips }: FailureClass): string =>
  `| ${[seen, `\`${reason}\``, FAULTS[fault], again ? 'yes' : 'no', HEALTH[counts], trips ? 'yes' : 'no'].join(' | ')} |`;

/** The content of docs/failures.md. */
export function failuresMarkdown(): string {
  return [
    HEAD,
    '| seen | reason | whose fault | same model again | says of its health | opens the breaker |',
    '|---|---|---|---|---|---|',
    ...Object.values(FAILURES).map(row),
    TAIL,
  ].join('\n');
}
