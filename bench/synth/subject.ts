// One measured process: makes a thousand objects, synthesizes them, and prints what it took, as JSON.
//   node bench/synth/subject.ts MODULE workflows|objects COUNT
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as cdk8s from 'cdk8s';
import type * as ours from '../../lib/cdk8s/index.ts';

/** What one process took. */
export interface SynthSample {
  /** Of processor time: on a busy machine the clock on the wall measures its neighbours. */
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

const outdir = mkdtempSync(join(tmpdir(), 'mcpworkflow-synth-'));
const before = process.cpuUsage();
const app = new App({ outdir });
const chart = new Chart(app, 'chart', { namespace: 'fleet' });
for (let i = 0; i < Number(count); i += 1) make(chart, `workflow-${i}`, i);
app.synth();
const { user, system } = process.cpuUsage(before);
const ms = (user + system) / 1000;
rmSync(outdir, { recursive: true });
console.log(JSON.stringify({ ms, peakMiB: process.resourceUsage().maxRSS / 1024 } satisfies SynthSample));
