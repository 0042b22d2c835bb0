import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { DEMO_MANIFEST, playDemo } from '../../../operator/dev/demo.ts';
import { keptPromise, printReport } from '../../../operator/dev/demo-report.ts';
import type { DemoResult } from '../../../operator/dev/demo-report.ts';
import { createPrinter } from '../../../operator/dev/printer.ts';
import { silentLogger } from '../../../operator/telemetry/logger.ts';
import { steppedClock } from '../../fakes/clock.ts';
import { driveTo } from './drive.ts';

const tally = { sent: 10, whole: 10, lost: 0, told: 0, truncated: 0, byModel: { a: 10 }, why: [] };
const good: DemoResult = { detectMs: 1, switchMs: 2, returnMs: 3, tally, metDead: 3, canaries: 4 };

function printed(colors: boolean) {
  const clock = steppedClock();
  const out: string[] = [];
  return { clock, out, printer: createPrinter({ clock, colors, write: (text) => out.push(text) }) };
}

describe('the demo', () => {
  it('shows the manifest of the examples, byte for byte', () => {
    expect(DEMO_MANIFEST).toBe(readFileSync('examples/yaml/01-triage-bot.yaml', 'utf8'));
  });

  // proves demo-heals
  it('heals an outage, loses nothing, and says so in plain lines', async () => {
    const { clock, out, printer } = printed(false);
    const startedAt = clock.now();
    const code = await driveTo(clock, 70_000, playDemo({ clock, log: silentLogger, printer }));
    const text = out.join('');
    expect(text).toMatch(/requests lost +0 /);
    expect(text).toMatch(/truncated as success +0 /);
    expect(text).toMatch(/BREAK[^]*Overloaded[^]*HEAL[^]*Recovered/);
    expect(text).not.toMatch(/\u001b/);
    expect(code).toBe(0);
    expect(clock.now() - startedAt).toBeLessThan(60_000);
  }, 60_000);
});

describe('the report', () => {
  const BAD: readonly (readonly [string, DemoResult])[] = [
    ['a lost request', { ...good, tally: { ...tally, whole: 9, lost: 1, why: ['HTTP 503'] } }],
    ['a truncated answer', { ...good, tally: { ...tally, whole: 9, truncated: 1 } }],
    ['a request nobody answered', { ...good, tally: { ...tally, whole: 9 } }],
    ['a primary that did not come back', { tally, metDead: 0, canaries: 0, detectMs: 1, switchMs: 1 }],
  ];
  it('is kept when nothing was lost', () => expect(keptPromise(good)).toBe(true));
  it.each(BAD)('%s breaks the promise', (_name, result) => expect(keptPromise(result)).toBe(false));

  it('tells why requests were lost, in colour only on a terminal', () => {
    const [, lost] = BAD[0] ?? ['', good];
    for (const colors of [true, false]) {
      const { out, printer } = printed(colors);
      printReport(printer, lost);
      expect(out.join('')).toContain('HTTP 503');
      expect(/\u001b/.test(out.join(''))).toBe(colors);
    }
  });
});
