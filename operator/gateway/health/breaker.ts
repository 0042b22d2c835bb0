// The gateway's own short-term protection, per (workflow, target). It only removes a model from the order for a while;
// the order itself is the operator's. Nothing of it is ever written anywhere.
import type { Clock } from '../../clock.ts';
import type { RouteModel } from '../../routes/types.ts';

type State =
  | { readonly kind: 'closed'; readonly failures: number }
  | {
      readonly kind: 'open';
      readonly reason: string;
      readonly until: number;
      readonly stepMs: number;
      /** The model's `since` when it opened: a newer one that is not ill closes. */
      readonly since: string | undefined;
      /** The one request that may pass is on its way. */
      readonly probing: boolean;
    };

/** What the breaker says to a request that would like to ask a model. */
export type Admission = 'closed' | 'halfOpen' | 'denied';

const FIRST_STEP_MS = 3_000;
const MAX_STEP_MS = 20_000;
const JITTER = 0.2;
const CLOSED: State = { kind: 'closed', failures: 0 };

/** What the breakers depend on. */
export interface BreakerOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** The operator has not been seen for long: the gateway proves models by its own timers. */
  readonly alone: () => boolean;
}

/** All breakers of a gateway, by an opaque key. */
export interface Breakers {
  /** What `admit` would say, without taking the one half-open place. */
  look(key: string, model: RouteModel): Admission;
  /** With `halfOpen` the caller must report `succeeded`, `failed` or `released`. */
  admit(key: string, model: RouteModel): Admission;
  succeeded(key: string, halfOpen: boolean): void;
  failed(key: string, model: RouteModel, threshold: number, halfOpen: boolean, reason: string): void;
  /** The half-open request ended without saying anything about the model. */
  released(key: string): void;
  /** Closes when the model has entered another state since and is not ill. */
  follow(key: string, model: RouteModel): void;
  /** Why it is open and for how much longer, when it is. */
  openState(key: string): { readonly reason: string; readonly remainingMs: number } | undefined;
  count(): { readonly open: number; readonly halfOpen: number };
  /** Forgets what is not in use any more. */
  keepOnly(inUse: (key: string) => boolean): void;
}

function isNewer(since: string | undefined, than: string | undefined): boolean {
  if (since === undefined) return false;
  return than === undefined || Date.parse(since) > Date.parse(than);
}

/** The breakers of one gateway. All are closed at first. */
export function createBreakers({ clock, random, alone }: BreakerOptions): Breakers {
  const states = new Map<string, State>();

  const look = (key: string, model: RouteModel): Admission => {
    const state = states.get(key) ?? CLOSED;
    if (state.kind === 'closed') return 'closed';
    const mayProve = model.standing !== 'ill' || model.trial || alone();
    return mayProve && !state.probing && clock.now() >= state.until ? 'halfOpen' : 'denied';
  };
  const open = (key: string, model: RouteModel, stepMs: number, reason: string) => {
    const jittered = stepMs * (1 + JITTER * (2 * random() - 1));
    states.set(key, {
      kind: 'open',
      reason,
      until: clock.now() + jittered,
      stepMs,
      since: model.since,
      probing: false,
    });
  };

  return {
    look,
    admit(key, model) {
      const admission = look(key, model);
      const state = states.get(key);
      if (admission === 'halfOpen' && state?.kind === 'open') states.set(key, { ...state, probing: true });
      return admission;
    },
    succeeded(key, halfOpen) {
      // A success of a request that began before the breaker opened proves nothing about now.
      if (halfOpen || states.get(key)?.kind !== 'open') states.delete(key);
    },
    failed(key, model, threshold, halfOpen, reason) {
      const state = states.get(key) ?? CLOSED;
      if (state.kind === 'open') {
        if (halfOpen) open(key, model, Math.min(MAX_STEP_MS, state.stepMs * 2), reason);
        return;
      }
      const failures = state.failures + 1;
      if (failures >= threshold) open(key, model, FIRST_STEP_MS, reason);
      else states.set(key, { kind: 'closed', failures });
    },
    released(key) {
      const state = states.get(key);
      if (state?.kind === 'open') states.set(key, { ...state, probing: false });
    },
    follow(key, model) {
      const state = states.get(key);
      if (state?.kind === 'open' && model.standing !== 'ill' && isNewer(model.since, state.since)) states.delete(key);
    },
    openState(key) {
      const state = states.get(key);
      return state?.kind === 'open' ? { reason: state.reason, remainingMs: state.until - clock.now() } : undefined;
    },
    count() {
      const all = [...states.values()].filter((state) => state.kind === 'open');
      const halfOpen = all.filter((state) => state.probing).length;
      return { open: all.length - halfOpen, halfOpen };
    },
    keepOnly(inUse) {
      for (const key of states.keys()) if (!inUse(key)) states.delete(key);
    },
  };
}
