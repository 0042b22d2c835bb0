// `npm run truth`: plays every failure and writes docs/truth.md. With --quick it plays no outages and writes nothing:
// about a minute, for so long a model may ping without any content. Exits with 1 when anything was lost,
// truncated, or back later than promised.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODES } from '../../operator/dev/provider/modes.ts';
import type { Mode } from '../../operator/dev/provider/modes.ts';
import { endSuite } from '../../scripts/tally.ts';
import { crowdPlays, playCrowd } from './crowd.ts';
import type { Crowd } from './crowd.ts';
import { outagePlay, playOutage } from './outage.ts';
import type { Outage, OutagePlan } from './outage.ts';
import { truthMarkdown } from './report.ts';
import { DIALECTS, startScene } from './scene.ts';
import type { Dialect } from './scene.ts';
import { askOnce, singlePlay, WAYS } from './single.ts';

const quick = process.argv.includes('--quick');
// Without a schema there is nothing to break: `off-schema` is for test/operator/dev.
const modes = MODES.map(({ name }) => name).filter((name) => name !== 'ok' && name !== 'off-schema');
const dialects = Object.keys(DIALECTS) as readonly Dialect[];
const cells = modes.flatMap((mode) => WAYS.map((way) => ({ mode, way })));
const ofAllDialects = (mode: Mode, lastsMs: number) => dialects.map((dialect) => ({ mode, dialect, lastsMs }));
const plans: readonly OutagePlan[] = quick
  ? []
  : [...modes.flatMap((mode) => ofAllDialects(mode, 20_000)), ...ofAllDialects('529', 60_000)];
/** `refuse` is last: it takes the server of every primary away. */
const crowdModes: readonly Mode[] = ['529', 'hang', 'refuse'];
/** What is asked about once a minute, and who says itself that it wants a minute. */
const RETURNS_LATER: ReadonlySet<Mode> = new Set(['401', '404', 'quota', '429-for-a-minute']);
const RETURN_MS = 30_000;

const isLate = ({ mode, switchMs, returnMs }: Outage) =>
  switchMs !== undefined && !RETURNS_LATER.has(mode) && (returnMs === undefined || returnMs > RETURN_MS);

const scene = await startScene([
  ...cells.map(({ mode, way }) => singlePlay(mode, way)),
  ...plans.map(outagePlay),
  ...crowdModes.flatMap(crowdPlays),
]);
try {
  const singles = await Promise.all(cells.map(({ mode, way }) => askOnce(scene, mode, way)));
  const outages = await Promise.all(plans.map((plan) => playOutage(scene, plan)));
  const crowds: Crowd[] = [];
  for (const mode of crowdModes) crowds.push(await playCrowd(scene, mode));
  const broken = [
    ...singles
      .filter(({ got }) => got.kind === 'lost' || got.kind === 'truncated')
      .map(({ mode, api, stream, got }) => `${mode} ${api}${stream ? ' stream' : ''}: ${JSON.stringify(got)}`),
    ...outages
      .filter((outage) => outage.tally.lost > 0 || outage.tally.truncatedAsSuccess > 0 || isLate(outage))
      .map(
        ({ mode, dialect, returnMs, tally }) =>
          `${mode} ${dialect}: back after ${returnMs} ms, ${JSON.stringify(tally)}`,
      ),
    ...crowds
      .filter(({ got }) => got.lost > 0 || got.truncated > 0)
      .map(({ mode, got }) => `a crowd, ${mode}: ${JSON.stringify(got)}`),
  ];
  if (!quick) writeFileSync(join(import.meta.dirname, '../../docs/truth.md'), truthMarkdown(singles, crowds, outages));
  for (const sentence of broken) console.error(sentence);
  endSuite(singles.length + outages.length + crowds.length - broken.length, broken.length);
} finally {
  await scene.stop();
}
