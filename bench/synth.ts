// Measures what the cdk8s constructs add to cdk8s itself: to the synth of a thousand objects, and to the start of a program.
// Every sample is a process of its own, as a synth is one, and its processor time; both sides take turns, so that a slow minute of
// the machine hits both.
// An import is that of all classes, so that none of them is left for later. The schema is: it is made for the first
// workflow, and counts there.
//   npm run bench:synth [-- ROUNDS]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './gateway/quantile.ts';
import { compileLibrary } from './synth/compiled.ts';
import type { SynthSample } from './synth/subject.ts';

const COUNT = 1000;
const SYNTH_AIM = 1.5;
const IMPORT_AIM = 1.3;

const root = join(import.meta.dirname, '..');
const rounds = Number(process.argv[2] ?? 9);
const folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-bench-'));

function run(args: readonly string[]): unknown {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout);
}

function report(what: string, unit: string, sides: Readonly<Record<'ours' | 'bare', readonly number[]>>, aim?: number) {
  const [ours, bare] = [median(sides.ours), median(sides.bare)];
  const ratio = ours / bare;
  const verdict = aim === undefined ? '' : `aim ${aim}  ${ratio <= aim ? 'ok' : 'MISSED'}`;
  console.log(
    `${what.padEnd(34)} ${ours.toFixed(0).padStart(5)} ${unit.padEnd(3)} to ${bare.toFixed(0).padStart(5)} ${unit.padEnd(3)}  ratio ${ratio.toFixed(2)}  ${verdict}`.trimEnd(),
  );
}

try {
  const library = compileLibrary(root, folder);
  const subject = join(root, 'bench/synth/subject.ts');
  const synthOf = (what: string) => run([subject, library, what, String(COUNT)]) as SynthSample;
  const importOf = (module: string) =>
    run([
      '-e',
      `const before = process.cpuUsage(); ({ ...require(${JSON.stringify(module)}) }); const { user, system } = process.cpuUsage(before); console.log((user + system) / 1000)`,
    ]) as number;

  const workflows: SynthSample[] = [];
  const objects: SynthSample[] = [];
  const imports = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    workflows.push(synthOf('workflows'));
    objects.push(synthOf('objects'));
    imports.ours.push(importOf(library));
    imports.bare.push(importOf('cdk8s'));
  }
  console.log(`medians of ${rounds} rounds, Node ${process.versions.node}`);
  const each = (pick: (sample: SynthSample) => number) => ({ ours: workflows.map(pick), bare: objects.map(pick) });
  report(
    'the first workflow, ApiObject: time',
    'ms',
    each(({ firstMs }) => firstMs),
  );
  report(
    `${COUNT} workflows, ApiObjects: time`,
    'ms',
    each(({ ms }) => ms),
    SYNTH_AIM,
  );
  report(
    `${COUNT} workflows, ApiObjects: memory`,
    'MiB',
    each(({ peakMiB }) => peakMiB),
    SYNTH_AIM,
  );
  report('import of mcpworkflow/cdk8s, cdk8s', 'ms', imports, IMPORT_AIM);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
