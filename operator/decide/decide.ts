// What it means and what to do. Pure and total: the same input decides the same thing, and nothing that a user or a
// server can cause makes it throw.
import { canarySpeaks, factsOf, modelEntries } from './entries.ts';
import { eventsOf } from './events.ts';
import { stabilizationUnder } from './flapping.ts';
import { foldHealth } from './health.ts';
import { openMemory, restMemory } from './memory.ts';
import { chooseRoute, flapsAfter } from './route.ts';
import { healthRules, intervalMsOf, stabilizationMsOf } from './rules.ts';
import type { HealthRules } from './rules.ts';
import type { Scene } from './scene.ts';
import { provedAt } from './states.ts';
import { statusOf } from './status.ts';
import type { Decision, Input, Memory, ModelMemory } from './types.ts';
import { canaryWants } from './wants.ts';

/** Everything that follows from one look at a workflow. */
export function decide(input: Input): Decision {
  const opened = openMemory(input);
  const folded = input.spec.suspend === true ? restMemory(opened, input) : foldAll(opened, input);
  const entries = modelEntries(input, folded);
  const route = chooseRoute(input, entries);
  const memory: Memory = { ...folded, ...flapsAfter(folded, route, input, entries) };
  const scene: Scene = { input, memory, entries, route };
  const status = statusOf(scene);
  return {
    status,
    memory,
    events: eventsOf(scene, status),
    canaries: canaryWants(input, memory),
    urgent: route.activeModel !== input.previous?.activeModel,
    requeueAfterMs: nextLookMs(input, memory),
  };
}

function foldAll(memory: Memory, input: Input): Memory {
  const models = Object.entries(memory.models).map(([name, model]): [string, ModelMemory] => [
    name,
    model.state.kind === 'NotServing' ? model : foldModel(model, rulesFor(name, model, memory, input), input),
  ]);
  return { ...memory, models: Object.fromEntries(models) };
}

function foldModel(model: ModelMemory, rules: HealthRules, input: Input): ModelMemory {
  const { blind, now } = input;
  const ofTarget = ({ target }: { readonly target: string }) => target === model.target;
  return foldHealth(model, {
    evidence: input.evidence.filter(ofTarget),
    // What was counted before a new credential came was counted with the old one.
    traffic: model.notBefore === now ? [] : input.traffic.filter(ofTarget),
    rules,
    blind,
    probeFailing: factsOf(input, model.target).probeFailing,
    now,
  });
}

function rulesFor(name: string, model: ModelMemory, { flaps }: Memory, input: Input): HealthRules {
  const baseMs = stabilizationMsOf(input.spec);
  const stabilizationMs = name === input.spec.models.primary ? stabilizationUnder(flaps, baseMs) : baseMs;
  return healthRules(input.spec, stabilizationMs, canarySpeaks(input, model.target));
}

/** At the interval, or sooner when a stabilization or a throttle ends before. */
function nextLookMs(input: Input, memory: Memory): number {
  const intervalMs = intervalMsOf(input.spec);
  if (input.spec.suspend === true) return intervalMs;
  const ends = Object.entries(memory.models).flatMap(([name, model]) => [
    provedAt(model.state, rulesFor(name, model, memory, input)),
    model.throttledUntil,
  ]);
  const ahead = ends.flatMap((end) => (end !== undefined && end > input.now ? [end - input.now] : []));
  return Math.min(intervalMs, ...ahead);
}
