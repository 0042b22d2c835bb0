// Whose traffic failed at which target, with no success since. It makes the target suspect for everybody else.

export interface Suspicion {
  /** This workflow's traffic failed there. */
  mark(target: string, uid: string): void;
  /** An inference succeeded there, whoever's it was. */
  clear(target: string): void;
  /** Somebody else's traffic failed there. */
  suspectFor(target: string, uid: string): boolean;
  forgetTarget(target: string): void;
  /** Forgets the workflow everywhere. */
  forgetUser(uid: string): void;
}

/** Nobody suspects anything. */
export function createSuspicion(): Suspicion {
  const failing = new Map<string, Set<string>>();
  return {
    mark(target, uid) {
      const uids = failing.get(target);
      if (uids === undefined) failing.set(target, new Set([uid]));
      else uids.add(uid);
    },
    clear: (target) => void failing.delete(target),
    suspectFor(target, uid) {
      const uids = failing.get(target);
      return uids !== undefined && uids.size > (uids.has(uid) ? 1 : 0);
    },
    forgetTarget: (target) => void failing.delete(target),
    forgetUser(uid) {
      for (const [target, uids] of failing) {
        if (uids.delete(uid) && uids.size === 0) failing.delete(target);
      }
    },
  };
}
