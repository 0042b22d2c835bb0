// `npm run truth`: plays every failure and writes docs/truth.md. With --quick it only asks once in each way and writes nothing:
// about a minute, for so long a model may ping without any content. Exits with 1 when anything was lost or truncated.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODES } from '../../operator/dev/provider/modes.ts';
import { endSuite } from '../../scripts/tally.ts';
import { outagePlay, playOutage } from './outage.ts';
import { truthMarkdown } from './report.ts';
import { DIALECTS, startScene } from './scene.ts';
import type { Dialect } from './scene.ts';
import { askOnce, singlePlay, WAYS } from './single.ts';

const quick = process.argv.includes('--quick');
// Without a schema there is nothing to break: `off-schema` is for test/operator/dev.
const modes = MODES.map(({ name }) => name).filter((name) => name !== 'ok' && name !== 'off-schema');
const dialects = Object.keys(DIALECTS) as readonly Dialect[];
const cells = modes.flatMap((mode) => WAYS.map((way) => ({ mode, way })));
const outages = quick ? [] : modes.flatMap((mode) => dialects.map((dialect) => ({ mode, dialect })));

const scene = await startScene([
  ...cells.map(({ mode, way }) => singlePlay(mode, way)),
  ...outages.map(({ mode, dialect }) => outagePlay(mode, dialect)),
]);
try {
  const singles = await Promise.all(cells.map(({ mode, way }) => askOnce(scene, mode, way)));
  const rows = await Promise.all(outages.map(({ mode, dialect }) => playOutage(scene, mode, dialect)));
  const broken = [
    ...singles
      .filter(({ got }) => got.kind === 'lost' || got.kind === 'truncated')
      .map(({ mode, api, stream, got }) => `${mode} ${api}${stream ? ' stream' : ''}: ${JSON.stringify(got)}`),
    ...rows
      .filter(({ tally }) => tally.lost > 0 || tally.truncatedAsSuccess > 0)
      .map(({ mode, dialect, tally }) => `${mode} ${dialect}: ${JSON.stringify(tally)}`),
  ];
  if (!quick) writeFileSync(join(import.meta.dirname, '../../docs/truth.md'), truthMarkdown(singles, rows));
  for (const sentence of broken) console.error(sentence);
  endSuite(singles.length + rows.length - broken.length, broken.length);
} finally {
  await scene.stop();
}
