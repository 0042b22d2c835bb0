// Tells an operator that can reach nobody from a world in which everybody is ill: when two or more host:port pairs are
// asked and each of them was silent the last time, it is we who are cut off.

/** With one host nothing can be told apart. */
const MIN_HOSTS = 2;

export interface Blindness {
  /** A probe or canary of the host has ended; `answered` for any HTTP answer. Only ends within `windowMs` are compared. */
  ended(end: HostEnd, windowMs: number): void;
  /** The host is not asked any more. */
  forget(host: string): void;
  blind(): boolean;
  /** Since when each probe and canary of the host has been silent; undefined while it answers. */
  silentSince(host: string): number | undefined;
}

export interface HostEnd {
  readonly host: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly answered: boolean;
}

interface HostRecord {
  lastEndAt: number;
  lastAnswerAt: number;
  silentSince: number | undefined;
}

/** Nothing seen yet, so not blind. */
export function createBlindness(): Blindness {
  const hosts = new Map<string, HostRecord>();
  let blind = false;

  function recordOf(host: string): HostRecord {
    const known = hosts.get(host);
    if (known !== undefined) return known;
    const record: HostRecord = { lastEndAt: -Infinity, lastAnswerAt: -Infinity, silentSince: undefined };
    hosts.set(host, record);
    return record;
  }

  function allSilent(since: number): boolean {
    const asked = [...hosts.values()].filter((record) => record.lastEndAt > since);
    return asked.length >= MIN_HOSTS && asked.every((record) => record.silentSince !== undefined);
  }

  return {
    ended({ host, startedAt, endedAt, answered }, windowMs) {
      const record = recordOf(host);
      record.lastEndAt = endedAt;
      if (answered) {
        record.lastAnswerAt = endedAt;
        record.silentSince = undefined;
        blind = false;
        return;
      }
      // A canary that hung while a probe of the same host was answered says nothing about the way there.
      if (startedAt >= record.lastAnswerAt) record.silentSince ??= endedAt;
      blind ||= allSilent(endedAt - windowMs);
    },
    forget(host) {
      hosts.delete(host);
      if (hosts.size < MIN_HOSTS) blind = false;
    },
    blind: () => blind,
    silentSince: (host) => hosts.get(host)?.silentSince,
  };
}

/** `host:port` of a base URL, with the scheme's own port where none is written. */
export function hostOf(baseURL: string): string {
  const url = URL.parse(baseURL);
  if (url === null) return baseURL;
  const port = url.port === '' ? (url.protocol === 'http:' ? '80' : '443') : url.port;
  return `${url.hostname}:${port}`;
}
