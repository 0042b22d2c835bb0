// The promises of the loop, kept in a small world: see test/builders/world.ts.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { World } from '../../builders/world.ts';
import type { Mode } from '../../builders/world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

const outage = (mode: Mode, from: number, to: number) => (model: string, at: number) =>
  model === 'opus' && at >= from && at < to ? mode : 'well';

const busiestHour = (world: World, purpose?: string): number => {
  const starts = world.canaries.filter(
    (canary) => canary.model === 'opus' && (purpose ?? canary.purpose) === canary.purpose,
  );
  return Math.max(
    0,
    ...starts.map(({ at }) => starts.filter((other) => other.at >= at && other.at < at + HOUR_MS).length),
  );
};

describe('a workflow in a small world', () => {
  it('100 steady minutes: no status changes after the first evidence, and no canary', () => {
    const world = new World({ mode: () => 'well', requests: 5 }).run(MINUTE_MS);
    const { statusWrites } = world;
    world.run(100 * MINUTE_MS);
    expect(world.statusWrites).toBe(statusWrites);
    expect(world.canaries).toEqual([]);
    expect(world.looks.previous?.phase).toBe('Healthy');
    expect(world.looks.faults).toEqual([]);
  });

  it('a steady outage changes no status either', () => {
    const world = new World({ mode: outage('overloaded', 0, Infinity), requests: 5 }).run(MINUTE_MS);
    const { statusWrites } = world;
    world.run(30 * MINUTE_MS);
    expect(world.statusWrites).toBe(statusWrites);
    expect(world.looks.previous).toMatchObject({ phase: 'Rerouted', activeModel: 'sonnet', switches: 1 });
  });

  // proves switch-in-time
  it('what probes can see switches within threshold × interval + timeout + one interval', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Mode>('refuses', 'silent'),
        fc.integer({ min: 0, max: 29 }),
        fc.integer({ min: 300, max: 400 }),
        (mode, phase, breaksAt) => {
          const from = breaksAt * 100;
          const world = new World({ mode: outage(mode, from, Infinity), phaseMs: phase * 100 }).run(90_000);
          const away = world.switches.find(({ to }) => to === 'sonnet');
          expect(away?.at ?? Infinity).toBeLessThanOrEqual(from + 3 * 3_000 + 2_000 + 3_000);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('under traffic an inference fault switches at the next looks', () => {
    const world = new World({ mode: outage('overloaded', 40_000, Infinity), requests: 1 }).run(90_000);
    const away = world.switches.find(({ to }) => to === 'sonnet');
    expect(away?.at).toBeLessThanOrEqual(40_000 + 4 * 3_000);
    expect(world.looks.entry('opus')).toMatchObject({ rank: 'Inference', reason: 'Overloaded' });
  });

  it('a hanging model is ill once a canary hangs as well', () => {
    const world = new World({ mode: outage('hangs', 40_000, Infinity), requests: 3 }).run(90_000);
    const away = world.switches.find(({ to }) => to === 'sonnet');
    expect(away?.at).toBeLessThanOrEqual(40_000 + 3_000 + 10_000 + 3_000);
    expect(world.looks.entry('opus')).toMatchObject({ rank: 'Inference', reason: 'Timeout' });
  });

  // proves back-within-30s, canaries-in-budget
  it('back on the primary within 30 s after it healed, however long the outage, and canaries stay in budget', () => {
    fc.assert(
      fc.property(
        fc.record({
          mode: fc.constantFrom<Mode>('refuses', 'silent', 'overloaded', 'hangs'),
          phase: fc.integer({ min: 0, max: 29 }),
          breaksAt: fc.integer({ min: 100, max: 400 }),
          lasts: fc.oneof(fc.integer({ min: 200, max: 3_000 }), fc.integer({ min: 3_000, max: 40_000 })),
          canaryLatencyMs: fc.integer({ min: 1, max: 39 }).map((n) => n * 100),
          requests: fc.integer({ min: 1, max: 20 }),
        }),
        ({ mode, phase, breaksAt, lasts, canaryLatencyMs, requests }) => {
          const [from, heals] = [breaksAt * 100, (breaksAt + lasts) * 100];
          const world = new World({ mode: outage(mode, from, heals), phaseMs: phase * 100, canaryLatencyMs, requests });
          world.run(heals);
          expect(busiestHour(world)).toBeLessThanOrEqual(240);
          expect(busiestHour(world, 'Suspicion')).toBeLessThanOrEqual(40);
          world.run(30_000);
          expect(world.looks.active).toBe('opus');
          world.run(30_000);
          expect(world.looks.previous?.phase).toBe('Healthy');
          expect(world.looks.faults).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('a provider whose free probe is good while generation is down gets no traffic back', () => {
    const world = new World({ mode: outage('overloaded', 40_000, Infinity), requests: 10 }).run(70 * MINUTE_MS);
    expect(world.switches.map(({ to }) => to)).toEqual(['opus', 'sonnet']);
    expect(busiestHour(world)).toBeLessThanOrEqual(200);
  });

  it('while free probes fail no canary is wasted', () => {
    const world = new World({ mode: outage('refuses', 40_000, Infinity) }).run(20 * MINUTE_MS);
    expect(world.canaries).toEqual([]);
  });

  it('a spent budget delays the return, and is never exceeded', () => {
    const world = new World({ mode: outage('overloaded', 40_000, Infinity), requests: 1, maxPerHour: 30 }).run(
      90 * MINUTE_MS,
    );
    expect(busiestHour(world)).toBe(30);
  });

  it('a primary that falls right after each return has to stay well longer and longer', () => {
    // Well for a minute, then overloaded for half a minute after traffic is back.
    let brokeAt = -Infinity;
    const world: World = new World({
      requests: 5,
      mode: (model, at) => {
        if (model !== 'opus') return 'well';
        if (at < 30_000) return 'well';
        const back = world.switches.at(-1);
        if (back?.to === 'opus' && at - back.at >= 6_000 && at - brokeAt > 30_000) brokeAt = at;
        return at - brokeAt < 15_000 ? 'overloaded' : 'well';
      },
    });
    world.run(20 * MINUTE_MS);
    const returns = world.switches.filter(({ to }) => to === 'opus').map(({ at }) => at);
    const gaps = returns.slice(1).map((at, index) => at - (returns[index] ?? 0));
    expect(gaps.at(-1)).toBeGreaterThan(2 * (gaps[0] ?? 0));
    expect(returns.length).toBeLessThan(14);
  });
});
