// The demo: two simulated providers, callers that never stop, an outage of the primary that its free probe cannot see, and
// what the loop makes of it. It needs no key and no cluster, and everything it prints is measured.
import { catalogSchema } from '../../lib/api/catalog.ts';
import type { Workflow } from '../../lib/api/workflow.ts';
import type { Clock } from '../clock.ts';
import { formatListenAddress } from '../listen-address.ts';
import type { Logger } from '../telemetry/logger.ts';
import { readTextFile } from '../watched-text.ts';
import { keptPromise, printReport } from './demo-report.ts';
import type { DemoTimes } from './demo-report.ts';
import type { Printer } from './printer.ts';
import { startProvider } from './provider/provider.ts';
import type { SimulatedProvider } from './provider/provider.ts';
import { startDev } from './start.ts';
import type { Dev } from './start.ts';
import { startTraffic } from './traffic.ts';
import { createPulse } from './pulse.ts';

/** The manifest of the README and of examples/yaml/01-triage-bot.yaml; a test compares them. */
export const DEMO_MANIFEST = `apiVersion: ai.example.com/v1alpha1
kind: MCPWorkflow
metadata:
  name: triage-bot
spec:
  models:
    primary: claude-opus-4-8
    fallbacks:
    - claude-sonnet-4-6
`;

const FILE = 'triage-bot.yaml';
const PRIMARY = 'claude-opus-4-8';
const FALLBACK = 'claude-sonnet-4-6';
const CALLERS = 6;

/** How long each scene may take at most; together they stay under a minute. */
const LIMITS = {
  healthyMs: 12_000,
  quietMs: 3_000,
  switchMs: 12_000,
  outageMs: 8_000,
  returnMs: 25_000,
  afterMs: 2_000,
};

/** What the demo runs on. */
export interface DemoPorts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly printer: Printer;
}

const demoCatalog = (first: SimulatedProvider, second: SimulatedProvider) =>
  catalogSchema.parse({
    providers: [
      { name: 'provider-one', protocol: 'Anthropic', baseURL: first.anthropicURL, models: ['claude-opus-*'] },
      { name: 'provider-two', protocol: 'Anthropic', baseURL: second.anthropicURL, models: ['claude-sonnet-*'] },
    ],
  });

/** Waits for things to become true of the workflow's status, and remembers when they did. */
function createWatcher(clock: Clock) {
  let current: Workflow | undefined;
  let check = () => {};
  const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
  return {
    wait,
    saw(workflow: Workflow) {
      current = workflow;
      check();
    },
    /** When it became true; undefined when it did not within the limit. */
    until(limitMs: number, holds: (workflow: Workflow) => boolean): Promise<number | undefined> {
      return new Promise((resolve) => {
        const timer = clock.after(limitMs, () => resolve(undefined));
        check = () => {
          if (!current || !holds(current)) return;
          timer.cancel();
          resolve(clock.now());
        };
        check();
      });
    },
  };
}

const stateOf = (workflow: Workflow, model: string): string | undefined =>
  workflow.status?.models?.find(({ name }) => name === model)?.state;
const isActive = (model: string) => (workflow: Workflow) => workflow.status?.activeModel === model;

type Watcher = ReturnType<typeof createWatcher>;

const since = (from: number, to: number | undefined): number | undefined => (to === undefined ? undefined : to - from);

/** Breaks the primary, heals it, and says when what was seen. */
async function playOutage(
  ports: DemoPorts,
  watcher: Watcher,
  primary: SimulatedProvider,
): Promise<DemoTimes & { readonly brokenAt: number; readonly backAt: number }> {
  const { clock, printer } = ports;
  await primary.mode('*', '529');
  const brokenAt = clock.now();
  printer.event(`BREAK  ${PRIMARY} now answers 529 Overloaded, while its free probe stays good`, 'bad');
  const ill = watcher.until(LIMITS.switchMs, (workflow) => stateOf(workflow, PRIMARY) === 'Unhealthy');
  const detectedAt = await ill;
  const switchedAt = await watcher.until(LIMITS.switchMs, isActive(FALLBACK));
  await watcher.wait(Math.max(0, brokenAt + LIMITS.outageMs - clock.now()));

  await primary.mode('*', 'ok');
  const healedAt = clock.now();
  printer.event(`HEAL   ${PRIMARY} is well again; traffic stays away until a canary has proved it`, 'good');
  const backAt = await watcher.until(LIMITS.returnMs, isActive(PRIMARY));
  const times = {
    detectMs: since(brokenAt, detectedAt),
    switchMs: since(brokenAt, switchedAt),
    returnMs: since(healedAt, backAt),
  };
  return { ...definedOnly(times), brokenAt, backAt: backAt ?? clock.now() };
}

const definedOnly = ({ detectMs, switchMs, returnMs }: { [K in keyof DemoTimes]: number | undefined }): DemoTimes => ({
  ...(detectMs !== undefined && { detectMs }),
  ...(switchMs !== undefined && { switchMs }),
  ...(returnMs !== undefined && { returnMs }),
});

async function play(ports: DemoPorts, dev: Dev, watcher: Watcher, primary: SimulatedProvider): Promise<number> {
  const { clock, printer } = ports;
  const baseURL = `http://${formatListenAddress(dev.address)}/default/triage-bot/anthropic`;
  printer.event(`${CALLERS} callers, every second one streaming, call ${baseURL}`);
  const pulse = createPulse({ clock, printer, primary: PRIMARY });
  const traffic = startTraffic({
    baseURL,
    callers: CALLERS,
    pauseMs: 150,
    clock,
    onJudged: (judgement) => pulse.saw(judgement),
  });
  const healthyAt = await watcher.until(LIMITS.healthyMs, (workflow) => workflow.status?.phase === 'Healthy');
  if (healthyAt === undefined) printer.event('the workflow did not become Healthy in time', 'bad');
  await watcher.wait(LIMITS.quietMs);

  const { brokenAt, backAt, ...times } = await playOutage(ports, watcher, primary);
  await watcher.wait(LIMITS.afterMs);
  const tally = await traffic.stop();
  pulse.stop();

  const seen = primary.requests().filter(({ path, at }) => path === '/v1/messages' && at >= brokenAt && at <= backAt);
  const metDead = seen.filter(({ canary, mode }) => !canary && mode === '529').length;
  const result = { ...times, tally, metDead, canaries: seen.filter(({ canary }) => canary).length };
  printReport(printer, result);
  printer.line();
  const kept = keptPromise(result);
  if (kept)
    printer.line('Nobody who called noticed. Next: your own key, with `mcpworkflow dev FILE` (see README).', 'strong');
  else printer.line('The promise was not kept: see the red lines above.', 'bad');
  return kept ? 0 : 1;
}

/** Plays the demo. Resolves to the exit code: 1 when anything was lost. */
export async function playDemo(ports: DemoPorts): Promise<number> {
  const { clock, log, printer } = ports;
  printer.line('mcpworkflow demo: a model outage heals itself. This is the whole manifest:', 'strong');
  printer.line();
  for (const line of DEMO_MANIFEST.trimEnd().split('\n')) printer.line(`    ${line}`, 'faint');
  printer.line();

  const [primary, fallback] = [await startProvider({ clock }), await startProvider({ clock })];
  const watcher = createWatcher(clock);
  let dev: Dev | undefined;
  try {
    dev = await startDev(
      {
        files: [FILE],
        catalog: { fixed: demoCatalog(primary, fallback) },
        listen: { host: '127.0.0.1', port: 0 },
        break: [],
      },
      {
        clock,
        log,
        env: {},
        read: (path) => (path === FILE ? DEMO_MANIFEST : readTextFile(path)),
        onStatus: (workflow) => watcher.saw(workflow),
        onEvent: (_workflow, { type, reason, note }) =>
          printer.event(`event  ${reason}: ${note}`, type === 'Warning' ? 'notice' : 'good'),
        onProblems: () => {},
        onEdit: () => {},
      },
    );
    return await play(ports, dev, watcher, primary);
  } finally {
    await dev?.stop();
    await primary.stop();
    await fallback.stop();
  }
}
