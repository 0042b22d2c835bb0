// What the demo measured, as a small table, and whether it kept its promise.
import type { Printer, Tone } from './printer.ts';
import type { Tally } from './traffic.ts';

/** The measured times; absent when it did not happen in time. */
export interface DemoTimes {
  /** From the break to the status that knows of it. */
  readonly detectMs?: number;
  /** From the break to the route that avoids the primary. */
  readonly switchMs?: number;
  /** From the healing to the route that leads to the primary again. */
  readonly returnMs?: number;
}

/** All that the report is made of. */
export interface DemoResult extends DemoTimes {
  readonly tally: Tally;
  /** Requests of callers that reached the primary while it was down. */
  readonly metDead: number;
  /** Canaries, paid probes, that were sent while it was down and until it was back. */
  readonly canaries: number;
}

const seconds = (ms: number | undefined): string => (ms === undefined ? 'not in time' : `${(ms / 1_000).toFixed(1)} s`);

/** Requests that failed, or that nobody ever answered. */
const lostOf = ({ sent, whole, told, truncated }: Tally): number => sent - whole - told - truncated;

/** True when nothing was lost, nothing truncated passed as a success, and the primary is back. */
export const keptPromise = ({ detectMs, switchMs, returnMs, tally }: DemoResult): boolean =>
  lostOf(tally) === 0 && tally.truncated === 0 && [detectMs, switchMs, returnMs].every((ms) => ms !== undefined);

/** Prints the table. */
export function printReport(printer: Printer, result: DemoResult): void {
  const { tally } = result;
  const time = (ms: number | undefined): Tone => (ms === undefined ? 'bad' : 'good');
  const zero = (count: number): Tone => (count === 0 ? 'good' : 'bad');
  const rows: readonly (readonly [string, string, Tone, string])[] = [
    [
      'detect',
      seconds(result.detectMs),
      time(result.detectMs),
      'from the break until the status says that the primary is ill',
    ],
    [
      'switch',
      seconds(result.switchMs),
      time(result.switchMs),
      'from the break until new requests go to the fallback first',
    ],
    [
      'return',
      seconds(result.returnMs),
      time(result.returnMs),
      'from the healing until the primary, proven well, serves again',
    ],
    ['requests sent', String(tally.sent), 'plain', `answered by ${describeModels(tally)}`],
    [
      'requests lost',
      String(lostOf(tally)),
      zero(lostOf(tally)),
      ['an error, or no whole answer', ...tally.why].join('; '),
    ],
    ['told', String(tally.told), 'plain', 'streams that died after their first content, with an error the caller sees'],
    ['truncated as success', String(tally.truncated), zero(tally.truncated), 'answers that looked whole and were not'],
    [
      'met the dead primary',
      String(result.metDead),
      'plain',
      'requests that tried it before the fallback answered them',
    ],
    [
      'canaries',
      String(result.canaries),
      'plain',
      'small paid requests, sent only under suspicion and to prove recovery',
    ],
  ];
  printer.line();
  for (const [name, value, tone, meaning] of rows) {
    printer.line(`  ${name.padEnd(22)}${printer.paint(value.padStart(11), tone)}  ${printer.paint(meaning, 'faint')}`);
  }
}

const describeModels = ({ byModel }: Tally): string =>
  Object.entries(byModel)
    .map(([model, count]) => `${model} ${count}`)
    .join(', ') || 'nobody';
