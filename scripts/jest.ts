// Runs one layer of the tests: `node scripts/jest.ts LAYER [jest arguments…]`. A layer is a project of jest.config.ts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endSuite } from './tally.ts';

const LAYERS: readonly string[] = ['unit', 'cluster', 'node', 'pulumi'];

const [layer, ...rest] = process.argv.slice(2);
if (layer === undefined || !LAYERS.includes(layer)) {
  console.error(`usage: node scripts/jest.ts ${LAYERS.join('|')} [jest arguments…]`);
  process.exit(2);
}

/**
 * Cluster suites mostly wait, for outages to pass and thresholds to be reached: one alone keeps about half a core busy. They
 * also bound real times, so what runs side by side has to leave two cores some room, and is the same on every machine.
 */
const CLUSTER = ['--maxWorkers=3', `--testSequencer=${join(import.meta.dirname, 'longest-first.ts')}`];

const folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-jest-'));
const report = join(folder, 'report.json');
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const run = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--config=jest.config.ts',
    `--selectProjects=${layer}`,
    '--json',
    `--outputFile=${report}`,
    ...(layer === 'cluster' ? CLUSTER : []),
    ...rest,
  ],
  { stdio: ['inherit', 'ignore', 'inherit'] },
);

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

/** A suite that could not even start is one failure. */
function tally(): { passed: number; failed: number } {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
      readFileSync(report, 'utf8'),
    ) as Report;
    return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
  } catch (error) {
    console.error(`jest left no report: ${String(error)}`);
    return { passed: 0, failed: 1 };
  }
}

const { passed, failed } = tally();
rmSync(folder, { recursive: true, force: true });
endSuite(passed, failed);
// Jest itself knows more reasons to fail, such as a file that matches no test.
if (run.status !== 0) process.exitCode = 1;
