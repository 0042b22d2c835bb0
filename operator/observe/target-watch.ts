// Watches targets for all workflows at once: ten thousand workflows on forty targets are forty probes. It keeps what was
// seen until each workflow has folded it, and tells no workflow what it means.
import type { Rank } from '../../lib/api/status.ts';
import type { Clock } from '../clock.ts';
import type { CanaryWant, Evidence, Outcome, TargetFacts } from '../decide/types.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Asker } from './ask.ts';
import { createBlindness, hostOf } from './blindness.ts';
import { canaryLoop } from './canary-loop.ts';
import type { CanaryLoop, CanaryPlanner } from './canary-loop.ts';
import { createEvidenceLog } from './evidence-log.ts';
import { probeLoop } from './probe-loop.ts';
import type { ProbeLoop } from './probe-loop.ts';
import type { ProbeTarget } from './probe-target.ts';
import { createSuspicion } from './suspicion.ts';
import { createTargetUsers } from './target-users.ts';
import type { TargetUsers } from './target-users.ts';

/** What one workflow uses, and how it wants it to be asked. */
export interface TargetUse {
  /** `namespace/name`. */
  readonly key: string;
  readonly targets: readonly ProbeTarget[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** A probe or canary has ended. */
export interface ProbeEnd {
  readonly target: string;
  readonly rank: Rank;
  readonly outcome: Outcome;
  /** `namespace/name` of every workflow that uses the target. */
  users(): readonly string[];
}

export interface TargetWatchPorts<State> {
  readonly clock: Clock;
  readonly asker: Asker;
  readonly planner: CanaryPlanner<State>;
  /** Whether this replica may spend money now; checked before each canary. */
  mayPay(): boolean;
  onProbeEnd(end: ProbeEnd): void;
  readonly log: Logger;
  readonly metrics?: Pick<Metrics, 'probes' | 'canaries' | 'blind' | 'targets'>;
}

export interface TargetWatch {
  /** Replaces what this workflow uses. New targets, and targets whose credential is another one, are probed at once. */
  use(uid: string, use: TargetUse): void;
  /** The workflow is gone. */
  drop(uid: string): void;
  /** What this workflow has not yet read of its targets, ascending by sequence. */
  evidence(uid: string): readonly Evidence[];
  /** What is known of its targets, by id. */
  facts(uid: string): Readonly<Record<string, TargetFacts>>;
  /** Nobody at all could be reached in the last interval. */
  blind(): boolean;
  /** Replaces what this workflow wants to be asked. */
  wantCanaries(uid: string, wants: readonly CanaryWant[]): void;
  /** This workflow's traffic failed at the target: it is suspect for all others until an inference succeeds there. */
  suspect(uid: string, target: string): void;
  /** Somebody's inference succeeded there. */
  clearSuspicion(target: string): void;
  /** How many targets want a canary that has to wait for its budget. */
  outOfBudget(): number;
  knows(uid: string): boolean;
  /** The shortest interval of all workflows; undefined without any. */
  shortestIntervalMs(): number | undefined;
  /** Ends everything that runs. */
  stop(): Promise<void>;
}

interface Post {
  target: ProbeTarget;
  readonly host: string;
  readonly users: TargetUsers;
  readonly probes: ProbeLoop;
  readonly canaries: CanaryLoop;
}

/** A new workflow takes over what its targets said in so many intervals before it came. */
const RECENT_INTERVALS = 2;
const DEFAULT_INTERVAL_MS = 3_000;

/** Watches nothing until a workflow uses a target. */
export function targetWatch<State>(ports: TargetWatchPorts<State>): TargetWatch {
  const { clock, asker, log } = ports;
  const posts = new Map<string, Post>();
  const uses = new Map<string, TargetUse>();
  const evidence = createEvidenceLog();
  const blindness = createBlindness();
  const suspicion = createSuspicion();
  const allUsers = createTargetUsers();

  function createPost(target: ProbeTarget): Post {
    const { id } = target;
    const post: Post = {
      target,
      host: hostOf(target.baseURL),
      users: createTargetUsers(),
      probes: probeLoop({
        clock,
        id,
        ask: (timeoutMs, signal) => asker.probe(post.target, timeoutMs, signal),
        onEnd: (outcome, startedAt, endedAt) => {
          ports.metrics?.probes.inc({ outcome: outcome.kind });
          ended(post, { target: id, rank: 'Probe', outcome, startedAt, endedAt });
          post.canaries.replan();
        },
      }),
      canaries: canaryLoop({
        clock,
        planner: ports.planner,
        allowance: () => post.target.canary,
        ask: (signal) => asker.canary(post.target, signal),
        mayPay: () => ports.mayPay(),
        probeFailing: () => post.probes.failing(),
        onEnd: (outcome, startedAt, endedAt) => {
          ports.metrics?.canaries.inc({ outcome: outcome.kind });
          if (outcome.kind === 'answered') suspicion.clear(id);
          ended(post, { target: id, rank: 'Inference', outcome, startedAt, endedAt });
        },
      }),
    };
    posts.set(id, post);
    ports.metrics?.targets.set(posts.size);
    return post;
  }

  function ended(post: Post, seen: Omit<Evidence, 'sequence'>): void {
    const { outcome, startedAt, endedAt, target, rank } = seen;
    const wasBlind = blindness.blind();
    const answered = outcome.kind !== 'noAnswer';
    blindness.ended({ host: post.host, startedAt, endedAt, answered }, windowMs());
    const blind = blindness.blind();
    if (blind !== wasBlind) sightChanged(blind);
    // Silence that a blind operator sees is no evidence, and nobody need look because of it.
    if (blind && !answered) return;
    evidence.append(seen);
    ports.onProbeEnd({ target, rank, outcome, users: () => keysOf(post) });
  }

  const windowMs = () => RECENT_INTERVALS * (allUsers.pace()?.intervalMs ?? DEFAULT_INTERVAL_MS);

  function sightChanged(blind: boolean): void {
    ports.metrics?.blind.set(blind ? 1 : 0);
    if (!blind) return log.info('providers can be reached again');
    log.warn('no provider can be reached; probes say nothing until one answers', { targets: posts.size });
    // The silences that showed it were not yet folded by all: they were ours, too.
    for (const [id, { host }] of posts) evidence.dropUnanswered(id, blindness.silentSince(host) ?? Infinity);
  }

  function keysOf(post: Post): readonly string[] {
    return [...post.users.uids()].map((uid) => uses.get(uid)?.key).filter((key) => key !== undefined);
  }

  function join(uid: string, use: TargetUse, target: ProbeTarget): void {
    const known = posts.get(target.id);
    const post = known ?? createPost(target);
    const before = post.target;
    post.target = target;
    post.users.add(uid, use);
    repace(post);
    if (target.credentialVersion !== before.credentialVersion) renew(post);
    else if (target.canary !== before.canary && !sameAllowance(before, target)) post.canaries.replan();
  }

  function repace(post: Post): void {
    const pace = post.users.pace();
    if (pace !== undefined) post.probes.pace(pace);
  }

  function renew(post: Post): void {
    evidence.clear(post.target.id);
    suspicion.clear(post.target.id);
    post.canaries.renew();
    post.probes.renew();
  }

  function leave(uid: string, target: string): void {
    const post = posts.get(target);
    if (post === undefined) return;
    post.users.remove(uid);
    post.canaries.want(uid, undefined);
    evidence.forgetReader(uid, target);
    if (post.users.pace() === undefined) void close(post);
    else repace(post);
  }

  function close(post: Post): Promise<unknown> {
    const { id } = post.target;
    posts.delete(id);
    evidence.forgetTarget(id);
    suspicion.forgetTarget(id);
    ports.metrics?.targets.set(posts.size);
    if (![...posts.values()].some(({ host }) => host === post.host)) blindness.forget(post.host);
    return Promise.all([post.probes.stop(), post.canaries.stop()]);
  }

  function factsOf(uid: string, post: Post): TargetFacts {
    const plan = post.canaries.plan();
    return {
      suspect: suspicion.suspectFor(post.target.id, uid),
      probeFailing: post.probes.failing(),
      couldNotAskRun: post.probes.couldNotAskRun(),
      canaryInvalid: post.canaries.invalid(),
      ...(plan.startAt !== undefined && { nextCanaryAt: plan.startAt }),
      canaryBudgetSpent: plan.budgetSpent,
    };
  }

  return {
    use(uid, use) {
      const before = uses.get(uid);
      uses.set(uid, use);
      allUsers.add(uid, use);
      for (const target of use.targets) join(uid, use, target);
      const kept = new Set(use.targets.map((target) => target.id));
      for (const { id } of before?.targets ?? []) if (!kept.has(id)) leave(uid, id);
    },
    drop(uid) {
      for (const { id } of uses.get(uid)?.targets ?? []) leave(uid, id);
      uses.delete(uid);
      allUsers.remove(uid);
      suspicion.forgetUser(uid);
    },
    evidence(uid) {
      const use = uses.get(uid);
      if (use === undefined) return [];
      const notBefore = clock.now() - RECENT_INTERVALS * use.intervalMs;
      const fresh = use.targets.flatMap((target) => evidence.read(uid, target.id, notBefore));
      return fresh.sort((a, b) => a.sequence - b.sequence);
    },
    facts(uid) {
      const known: Record<string, TargetFacts> = {};
      for (const { id } of uses.get(uid)?.targets ?? []) {
        const post = posts.get(id);
        if (post !== undefined) known[id] = factsOf(uid, post);
      }
      return known;
    },
    blind: () => blindness.blind(),
    wantCanaries(uid, wants) {
      for (const { id } of uses.get(uid)?.targets ?? []) {
        posts.get(id)?.canaries.want(
          uid,
          wants.find((want) => want.target === id),
        );
      }
    },
    suspect(uid, target) {
      if (posts.has(target)) suspicion.mark(target, uid);
    },
    clearSuspicion: (target) => suspicion.clear(target),
    outOfBudget: () => [...posts.values()].filter(({ canaries }) => canaries.plan().budgetSpent).length,
    knows: (uid) => uses.has(uid),
    shortestIntervalMs: () => allUsers.pace()?.intervalMs,
    async stop() {
      const closing = [...posts.values()].map(close);
      uses.clear();
      await Promise.all(closing);
    },
  };
}

function sameAllowance(before: ProbeTarget, after: ProbeTarget): boolean {
  const a = before.canary;
  const b = after.canary;
  return (
    a.prompt === b.prompt && a.maxTokens === b.maxTokens && a.timeoutMs === b.timeoutMs && a.maxPerHour === b.maxPerHour
  );
}
