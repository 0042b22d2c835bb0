// The scorecard as a page.
import { MODES } from '../../operator/dev/provider/modes.ts';
import type { Mode } from '../../operator/dev/provider/modes.ts';
import { roleOf } from './scene.ts';
import { CLIENTS, REQUESTS } from './crowd.ts';
import type { Crowd } from './crowd.ts';
import type { Outage } from './outage.ts';
import { WAYS } from './single.ts';
import type { Single } from './single.ts';

const HEAD = `# What callers get

Written by \`npm run truth\`, which plays it all with the official SDKs, without retries of their own, through \`mcpworkflow dev\` and
two simulated providers that misbehave as real ones do. One attempt has 2 s here; the Auto rules of the API wait longer.

## One request, while nobody knows yet that the primary fails

Who answered, and after how many seconds. _told_: the stream had begun, and it ended in an error that the client sees.
`;

const CROWDS = `
## A crowd, while the primary fails

${REQUESTS} requests of ${CLIENTS} clients of all three APIs, half of them streaming; after half of the requests the primary fails. The one
that refuses connections is gone as a whole, and cuts the streams that it was sending: those are _told_. The slowest in seconds.
`;

const OUTAGES = `
## A whole outage, under traffic

How long it lasts, and the seconds until the status knows of it, until the route leaves the primary, and from the healing until it is
back. _lost_: an error or an incomplete answer before any content. _truncated_: a cut answer that looked like a success.
`;

const NOTES = `
A rejected key, an unknown model and a spent quota are asked about once a minute: time heals none of these. Who says that it wants a
minute is left alone for one. A model that is only slow, or that the breaker keeps away before three requests have failed, need not
become ill at all.
`;

const seconds = (ms: number | undefined) => (ms === undefined ? '—' : (ms / 1_000).toFixed(1));

function cell({ got, tookMs }: Single): string {
  switch (got.kind) {
    case 'whole':
      return `${roleOf(got.model)} ${seconds(tookMs)}`;
    case 'told':
      return `told ${seconds(tookMs)}`;
    case 'lost':
      return '**lost**';
    case 'truncated':
      return '**truncated**';
  }
}

const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
const rule = (columns: number) => line(Array.from({ length: columns }, () => '---'));
const sentenceOf = (mode: Mode) => MODES.find(({ name }) => name === mode)?.sentence ?? '';

function singlesTable(singles: readonly Single[]): readonly string[] {
  const head = ['the primary …', ...WAYS.map(({ api, stream }) => `${api}${stream ? ', stream' : ''}`)];
  const rows = [...new Set(singles.map(({ mode }) => mode))].map((mode) =>
    line([sentenceOf(mode), ...singles.filter((single) => single.mode === mode).map(cell)]),
  );
  return [line(head), rule(head.length), ...rows];
}

function outagesTable(outages: readonly Outage[]): readonly string[] {
  const head = ['the primary …', 'dialect', 'lasts', 'detect', 'switch', 'return', 'sent', 'lost', 'told', 'truncated'];
  const rows = outages.map(({ mode, dialect, lastsMs, detectMs, switchMs, returnMs, tally }) =>
    line([
      sentenceOf(mode),
      dialect,
      lastsMs / 1_000,
      seconds(detectMs),
      seconds(switchMs),
      seconds(switchMs === undefined ? undefined : returnMs),
      ...[tally.sent, tally.lost, tally.told, tally.truncatedAsSuccess],
    ]),
  );
  return [line(head), rule(head.length), ...rows];
}

function crowdsTable(crowds: readonly Crowd[]): readonly string[] {
  const head = ['the primary …', 'whole', 'told', 'lost', 'truncated', 'slowest'];
  const rows = crowds.map(({ mode, got: { whole, told, lost, truncated }, slowestMs }) =>
    line([sentenceOf(mode), whole, told, lost, truncated, seconds(slowestMs)]),
  );
  return [line(head), rule(head.length), ...rows];
}

/** The content of docs/truth.md. */
export const truthMarkdown = (
  singles: readonly Single[],
  crowds: readonly Crowd[],
  outages: readonly Outage[],
): string =>
  [HEAD, ...singlesTable(singles), CROWDS, ...crowdsTable(crowds), OUTAGES, ...outagesTable(outages), NOTES].join('\n');
