// The two workflows that tests of the whole product send traffic to, one for each dialect, and what holds for their callers.
import { expect } from '@jest/globals';
import type { WorkflowStatus } from '../../lib/api/status.ts';
import type { SimulatedProvider } from '../../operator/dev/provider/provider.ts';
import { until } from '../cluster/plane-access.ts';
import type { Called } from './crowd.ts';
import type { Deployment } from './deployment.ts';
import { startTraffic } from './traffic.ts';
import type { Traffic, TrafficTally } from './traffic.ts';
import { workflowsIn } from './workflows.ts';
import type { Workflows } from './workflows.ts';

/** How long one attempt may take in these workflows. */
export const ATTEMPT_TIMEOUT_MS = 2_000;

/** Their models, as the catalog of a deployment serves them. */
export const MODELS = {
  'triage-anthropic': { primary: 'claude-opus-4-8', fallback: 'claude-sonnet-4-6' },
  'triage-openai': { primary: 'gpt-primary', fallback: 'local-fallback' },
} as const;
export type WorkflowName = keyof typeof MODELS;
export const NAMES = Object.keys(MODELS) as readonly WorkflowName[];

/** The spec of a workflow with a primary and one fallback. */
export const specOf = ({ primary, fallback }: { readonly primary: string; readonly fallback: string }) => ({
  models: { primary, fallbacks: [fallback] },
  detection: { requestTimeout: `${ATTEMPT_TIMEOUT_MS}ms`, firstTokenTimeout: `${ATTEMPT_TIMEOUT_MS}ms` },
});

/** Both workflows in a namespace of their own. */
export interface Triage {
  readonly workflows: Workflows;
  /** Both as callers know them. */
  readonly called: Called;
  /** Their statuses, in the order of `NAMES`. */
  statuses(): Promise<readonly WorkflowStatus[]>;
  untilHealthy(limitMs?: number): Promise<void>;
  /** Milliseconds until every workflow's active model is its `which`; throws after `limitMs`. */
  untilActive(which: 'primary' | 'fallback', limitMs: number): Promise<number>;
  /** Callers with both SDKs, who ask until they are stopped. */
  callers(gapMs?: number): Traffic;
}

/** Creates both workflows and waits until they serve and are Healthy. */
export async function startTriage(deployment: Deployment, prefix: string): Promise<Triage> {
  const workflows = await workflowsIn(deployment.plane, prefix);
  const { namespace } = workflows;
  for (const name of NAMES) await workflows.create(name, specOf(MODELS[name]));
  const called = { anthropic: `${namespace}/triage-anthropic`, openai: `${namespace}/triage-openai` };
  const statuses = () => Promise.all(NAMES.map(async (name) => (await workflows.read(name)).status));
  const untilBoth = (what: string, test: (status: WorkflowStatus, name: WorkflowName) => boolean, limitMs?: number) =>
    until(
      what,
      async () => {
        const all = await statuses();
        if (NAMES.every((name, index) => all[index] && test(all[index], name))) return true;
        throw new Error(JSON.stringify(all.map((status) => [status.phase, status.message, status.models])));
      },
      limitMs,
    );
  const triage: Triage = {
    workflows,
    called,
    statuses,
    untilHealthy: (limitMs) => untilBoth('both workflows to be Healthy', ({ phase }) => phase === 'Healthy', limitMs),
    async untilActive(which, limitMs) {
      const startedAt = performance.now();
      const isActive = (status: WorkflowStatus, name: WorkflowName) => status.activeModel === MODELS[name][which];
      await untilBoth(`the ${which} of both workflows to be active`, isActive, limitMs);
      return performance.now() - startedAt;
    },
    callers: (gapMs) =>
      startTraffic({
        gatewayURL: deployment.gatewayURL,
        ...called,
        ...(gapMs !== undefined && { gapMs }),
      }),
  };
  await deployment.untilRouted(NAMES.map((name) => `${namespace}/${name}`));
  await triage.untilHealthy();
  return triage;
}

/** Every request was answered whole, but for streams that died after their first content and said so. */
export function expectNothingLost(tally: TrafficTally, mayTell = 0): void {
  expect(tally.errors).toEqual([]);
  expect(tally).toMatchObject({ lost: 0, truncatedAsSuccess: 0 });
  expect(tally.whole + tally.told).toBe(tally.sent);
  expect(tally.told).toBeLessThanOrEqual(mayTell);
}

/** How many requests of callers a provider has had. */
export const callsTo = (provider: SimulatedProvider): number =>
  provider.requests().filter(({ canary, method }) => !canary && method === 'POST').length;
