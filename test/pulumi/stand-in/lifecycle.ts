// What becomes of one object when the engine checks, makes, reads, changes or removes its resource. Plain values only: the
// engine's wire format is service.ts's business.
import { metadataOf, poll, RejectionError } from './kubernetes.ts';
import type { Address, Kubernetes } from './kubernetes.ts';
import { isObject } from './values.ts';
import type { Properties } from './values.ts';
import { awaitedConditions, missingConditions } from './wait-for.ts';
import type { Annotations, AwaitedCondition } from './wait-for.ts';

/** How long and how seriously. */
export interface Attempt {
  /** Only ask whether it would work. */
  readonly preview: boolean;
  /** What the program allows, in seconds. 0: what the object's annotation says, else ten minutes. */
  readonly timeoutS: number;
  readonly signal: AbortSignal;
}

/** An object that is there. */
export interface Made {
  readonly id: string;
  readonly live: Properties;
}

/** The object is there, and did not become what was waited for: the engine keeps it in the state and fails. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
  readonly made: Made;

  constructor(message: string, made: Made) {
    super(message);
    this.made = made;
  }
}

/** The resources of one API server. */
export interface Lifecycle {
  /** Makes the object and waits for it. In a preview: undefined when nobody can say yet what would come of it. */
  create(object: Properties, attempt: Attempt): Promise<Made | undefined>;
  /** The object as it is; undefined when it is gone. */
  read(object: Properties, signal: AbortSignal): Promise<Made | undefined>;
  /** Changes the object and waits for it. */
  update(object: Properties, attempt: Attempt): Promise<Made | undefined>;
  /** Removes the object and waits until it is gone. */
  remove(object: Properties, attempt: Attempt): Promise<void>;
}

const SERVED_WITHIN_MS = 15_000;
const DEFAULT_TIMEOUT_S = 600;

/** Applies and awaits objects at an API server. */
export function lifecycle(kubernetes: Kubernetes): Lifecycle {
  const create = async (object: Properties, attempt: Attempt): Promise<Made | undefined> => {
    const address = await locate(object, attempt);
    if (address === undefined) return undefined;
    if ((await kubernetes.get(address, attempt.signal)) !== undefined) {
      throw new Error(`${describe(address)} already exists, and is not in the state: import it, or remove it`);
    }
    return apply(address, object, attempt);
  };

  /** A kind whose definition was made a moment ago is served a little later; in a preview its definition may not be there. */
  const locate = async (object: Properties, { preview, signal }: Attempt): Promise<Address | undefined> => {
    const look = async (): Promise<Address | undefined> => {
      const found = await kubernetes.locate(object);
      return found && (await kubernetes.isServed(found, signal)) ? found : undefined;
    };
    const address = await poll(look, preview ? 0 : SERVED_WITHIN_MS, signal);
    if (address === undefined && !preview) {
      throw new Error(
        `no resource for ${String(object['apiVersion'])} ${String(object['kind'])}: is its definition installed?`,
      );
    }
    return address;
  };

  const apply = async (address: Address, object: Properties, attempt: Attempt): Promise<Made | undefined> => {
    const { preview, signal } = attempt;
    const awaited = awaitedConditions(annotationsOf(object));
    const force = annotationsOf(object)['pulumi.com/patchForce'] === 'true';
    const applied = kubernetes.apply(address, object, { dryRun: preview, force, signal });
    return preview ? foreseen(address, applied) : untilReady(address, await applied, awaited, attempt);
  };

  const foreseen = async (address: Address, dryRun: Promise<Properties>): Promise<Made | undefined> => {
    try {
      return made(address, await dryRun);
    } catch (error) {
      // The namespace comes with the same `up`: the server can be asked about the object then.
      if (error instanceof RejectionError && error.status === 404 && error.about === 'namespaces') return undefined;
      throw error;
    }
  };

  const untilReady = async (
    address: Address,
    first: Properties,
    awaited: readonly AwaitedCondition[],
    attempt: Attempt,
  ): Promise<Made> => {
    const { signal } = attempt;
    const limitMs = timeoutMs(first, attempt);
    let live = first;
    const ready = await poll(
      async () => {
        if (missingConditions(live, awaited).length === 0) return live;
        live = (await kubernetes.get(address, signal)) ?? live;
        return undefined;
      },
      limitMs,
      signal,
    );
    if (ready !== undefined) return made(address, ready);
    const missing = missingConditions(live, awaited).map(({ type, status }) => `condition ${type}=${status}`);
    throw new NotReadyError(
      `${describe(address)} was applied, but has no ${missing.join(', no ')} after ${limitMs / 1000} s`,
      made(address, live),
    );
  };

  return {
    create,
    async read(object, signal) {
      const address = await kubernetes.locate(object);
      const live = address && (await kubernetes.get(address, signal));
      return address && live && made(address, live);
    },
    async update(object, attempt) {
      const address = await locate(object, attempt);
      return address && apply(address, object, attempt);
    },
    async remove(object, attempt) {
      const { signal } = attempt;
      // With its definition gone, nothing of the kind is there.
      const address = await kubernetes.locate(object);
      if (address === undefined) return;
      const policy = annotationsOf(object)['pulumi.com/deletionPropagationPolicy'] ?? 'foreground';
      await kubernetes.remove(address, capitalized(policy), signal);
      const limitMs = timeoutMs(object, attempt);
      const gone = await poll(
        async () => ((await kubernetes.get(address, signal)) === undefined ? true : undefined),
        limitMs,
        signal,
      );
      if (gone !== true) throw new Error(`${describe(address)} is still there ${limitMs / 1000} s after its deletion`);
    },
  };
}

const annotationsOf = (object: Properties): Annotations => {
  const { annotations } = metadataOf(object);
  return isObject(annotations) ? (annotations as Annotations) : {};
};

const timeoutMs = (object: Properties, { timeoutS }: Attempt): number =>
  1000 * (timeoutS || Number(annotationsOf(object)['pulumi.com/timeoutSeconds'] ?? DEFAULT_TIMEOUT_S));

const idOf = ({ namespace, name }: Address): string => (namespace === undefined ? name : `${namespace}/${name}`);

const made = (address: Address, live: Properties): Made => ({ id: idOf(address), live });

const describe = (address: Address): string => `${address.kind} ${idOf(address)}`;

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
