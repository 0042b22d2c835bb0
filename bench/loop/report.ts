// The benchmark's figures as a table, and what of them makes it fail.
import type { TrafficTally } from '../../test/e2e/traffic.ts';
import type { Reading } from './reading.ts';
import type { WriteTally } from './writes.ts';

const INTERVAL_MS = 3_000;
const MAX_WRITES_PER_SECOND = 200;

/** What both programs and the API server say about one phase. */
export interface PhaseFigures {
  readonly operator: Reading;
  readonly gateway: Reading;
  readonly writes: WriteTally;
}

/** From the first creation on. */
export interface SetupFigures extends PhaseFigures {
  readonly createdMs: number;
  readonly routedMs: number;
  readonly healthyMs: number;
}

export interface SteadyFigures extends PhaseFigures {
  /** How long one scrape of the operator takes. */
  readonly scrapeMs: number;
}

/** From the moment the primary died or healed. */
export interface HerdFigures extends PhaseFigures {
  readonly firstMs: number;
  readonly allMs: number;
  /** Objects that are not right although the watch said so. */
  readonly wrong: number;
}

/** One whole run. */
export interface RunFigures {
  readonly workflows: number;
  readonly targets: number;
  readonly setup: SetupFigures;
  readonly steady: SteadyFigures;
  readonly died: HerdFigures;
  readonly healed: HerdFigures;
  readonly traffic: TrafficTally;
}

type Row = readonly [what: string, figure: string, beside?: string];

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const millis = (ms: number) => `${ms.toFixed(1)} ms`;
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const mib = (size: number) => `${size.toFixed(0)} MiB`;
const below = (bound: number) => (Number.isFinite(bound) ? `≤ ${millis(bound * 1_000)}` : '> 10 s');

function lagRows({ operator }: PhaseFigures): readonly Row[] {
  const lag = operator.spread('mcpworkflow_queue_lag_seconds');
  const row = (name: string, share: number): Row => {
    const ms = lag.quantile(share) * 1_000;
    return [`tick lag ${name}`, millis(ms), `${percent(ms / INTERVAL_MS)} of the interval`];
  };
  return [row('p50', 0.5), row('p99', 0.99), ['tick lag max (bucket)', below(lag.below)]];
}

const costRows = ({ operator, gateway }: PhaseFigures): readonly Row[] => [
  [
    'operator CPU',
    `${percent(operator.cpuShare)} of one core`,
    `event loop stood still ≤ ${millis(operator.longestStallMs)}`,
  ],
  ['operator memory', `${mib(operator.rssMiB)} RSS`, `${mib(operator.heapMiB)} heap in use`],
  [
    'gateway CPU',
    `${percent(gateway.cpuShare)} of one core`,
    `event loop stood still ≤ ${millis(gateway.longestStallMs)}`,
  ],
  ['gateway memory', `${mib(gateway.rssMiB)} RSS`, `${mib(gateway.heapMiB)} heap in use`],
];

const writeRows = ({ operator, writes }: PhaseFigures): readonly Row[] => [
  ['status writes', String(writes.status), `${(writes.status / operator.seconds).toFixed(0)} /s over the phase`],
  ['most writes in one second', String(writes.mostPerSecond), `bound ${MAX_WRITES_PER_SECOND}`],
  ['Events', `${writes.eventsCreated} created, ${writes.eventsPatched} patched`],
  ['refused writes (409, 429, …)', String(writes.refused)],
];

const herdRows = (figures: HerdFigures): readonly Row[] => [
  ['first status right', seconds(figures.firstMs)],
  ['all statuses right', seconds(figures.allMs)],
  ...writeRows(figures),
  ...lagRows(figures),
  ...costRows(figures),
];

function steadyRows(figures: SteadyFigures, { workflows, targets }: RunFigures): readonly Row[] {
  const { operator, writes, scrapeMs } = figures;
  const lookRate = operator.growth('mcpworkflow_reconciles_total') / operator.seconds;
  const expected = (count: number) => count / (INTERVAL_MS / 1_000);
  const perMinute = (count: number) => ((count / operator.seconds) * 60).toFixed(1);
  return [
    ...lagRows(figures),
    [
      'looks',
      `${lookRate.toFixed(1)} /s`,
      `${percent(lookRate / expected(workflows))} of ${expected(workflows).toFixed(1)}`,
    ],
    ['CPU per look', `${((operator.cpuShare / lookRate) * 1e6).toFixed(0)} µs`],
    [
      'free probes',
      `${(operator.growth('mcpworkflow_probes_total') / operator.seconds).toFixed(2)} /s`,
      `targets / 3 s = ${expected(targets).toFixed(2)}`,
    ],
    ['Lease writes', `${perMinute(writes.lease)} /min`],
    ['other writes', `${perMinute(unwanted(writes))} /min`, 'aim 0'],
    ...costRows(figures),
    ['one scrape of /metrics', millis(scrapeMs)],
  ];
}

const unwanted = ({ status, eventsCreated, eventsPatched, other }: WriteTally) =>
  status + eventsCreated + eventsPatched + other;

function section(title: string, rows: readonly Row[]): string {
  const lines = rows.map(([what, figure, beside = '']) =>
    `  ${what.padEnd(30)} ${figure.padEnd(28)} ${beside}`.trimEnd(),
  );
  return [title, ...lines].join('\n');
}

/** The table. */
export function report(run: RunFigures): string {
  const { workflows, targets, setup, steady, died, healed, traffic } = run;
  return [
    `\n${workflows} workflows on ${targets} targets, each looked at every 3 s, one operator, one gateway`,
    section('setup', [
      ['created', seconds(setup.createdMs)],
      ['all routed to the primary', seconds(setup.routedMs), 'from the first creation'],
      ['all Healthy', seconds(setup.healthyMs), 'from the first creation'],
      ...writeRows(setup),
      ...costRows(setup),
    ]),
    section(`steady state, ${steady.operator.seconds.toFixed(0)} s`, steadyRows(steady, run)),
    section('herd: the primary of all refuses connections', herdRows(died)),
    section('herd: it heals', herdRows(healed)),
    section('callers during both herds', [
      ['requests', String(traffic.sent)],
      ['lost', String(traffic.lost), 'aim 0'],
      ['cut answers taken for success', String(traffic.truncatedAsSuccess), 'aim 0'],
      ['streams told of their death', String(traffic.told), 'open while the provider reset them'],
    ]),
  ].join('\n\n');
}

/** Why this run is a failure; empty when it is none. */
export function failuresOf({ steady, died, healed, traffic }: RunFigures): readonly string[] {
  const bad = (isBad: boolean, sentence: string) => (isBad ? [sentence] : []);
  return [
    ...bad(traffic.lost > 0, `${traffic.lost} requests were lost: ${traffic.errors.slice(0, 3).join('; ')}`),
    ...bad(traffic.truncatedAsSuccess > 0, `${traffic.truncatedAsSuccess} cut answers looked like successes`),
    ...bad(traffic.sent === 0, 'no request was sent'),
    ...bad(unwanted(steady.writes) > 0, `${unwanted(steady.writes)} writes in steady state`),
    ...bad(died.wrong + healed.wrong > 0, `${died.wrong + healed.wrong} statuses are wrong at the API server`),
  ];
}
