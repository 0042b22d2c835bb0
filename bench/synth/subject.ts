// One measured process: makes one object and synthesizes it, then a thousand, and prints what each took, as JSON.
//   node bench/synth/subject.ts MODULE workflows|objects COUNT
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as cdk8s from 'cdk8s';
import type * as ours from '../../lib/cdk8s/index.ts';

/** What one process took. */
export interface SynthSample {
  /** The first object, which pays for what is made once. Processor time: the clock on the wall measures the neighbours, too. */
  readonly firstMs: number;
  /** All others, once that is there. */
  readonly ms: number;
  /** The most that was resident. */
  readonly peakMiB: number;
}

const [module = '', what, count] = process.argv.slice(2);
// As a user's program does: compiled, and by require.
const require = createRequire(module);
const { App, Chart, ApiObject } = require('cdk8s') as typeof cdk8s;
const { MCPWorkflow } = require(module) as typeof ours;

const specOf = (index: number) => ({
  interval: '5s',
  models: { primary: 'claude-opus-4-8', fallbacks: ['claude-sonnet-4-6', `llama-${index}`] },
  detection: { consecutiveFailures: 5, requestTimeout: '90s' },
  access: { apiKeys: [{ name: 'ci', sha256: 'a'.repeat(64) }] },
});

const make = {
  workflows: (chart: cdk8s.Chart, id: string, index: number) => new MCPWorkflow(chart, id, { spec: specOf(index) }),
  objects: (chart: cdk8s.Chart, id: string, index: number) =>
    new ApiObject(chart, id, { ...MCPWorkflow.GVK, spec: specOf(index) }),
}[what as 'workflows' | 'objects'];

/** Makes and synthesizes objects; returns the processor time in milliseconds. */
function synth(number: number): number {
  const outdir = mkdtempSync(join(tmpdir(), 'mcpworkflow-synth-'));
  const before = process.cpuUsage();
  const app = new App({ outdir });
  const chart = new Chart(app, 'chart', { namespace: 'fleet' });
  for (let i = 0; i < number; i += 1) make(chart, `workflow-${i}`, i);
  app.synth();
  const { user, system } = process.cpuUsage(before);
  rmSync(outdir, { recursive: true });
  return (user + system) / 1000;
}

const firstMs = synth(1);
const ms = synth(Number(count));
const peakMiB = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ firstMs, ms, peakMiB } satisfies SynthSample));
