// The objects of one list as the API server last told them, and who is told when one changes.
import type { KubeLog } from './log.ts';
import { asError } from './log.ts';

/** The part of every Kubernetes object that lists and watches need. */
export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
}

/** `namespace/name`, or the name alone for what has no namespace. */
export function objectKey({ metadata }: KubeObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

const isSame = (a: KubeObject, b: KubeObject) =>
  a.metadata.uid === b.metadata.uid && a.metadata.resourceVersion === b.metadata.resourceVersion;

/** Objects by key. */
export interface ObjectCache<T extends KubeObject> {
  get(key: string): T | undefined;
  keys(): readonly string[];
  list(): readonly T[];
  /** Takes a whole list: tells of what is new, of another resourceVersion, or gone. */
  replaceAll(objects: readonly T[]): void;
  put(object: T): void;
  remove(object: T): void;
}

/** What a cache tells of each change; undefined when the object is gone. */
export type OnChange<T> = (key: string, object: T | undefined) => void;

/** An empty cache. */
export function objectCache<T extends KubeObject>(onChange: OnChange<T>, log: KubeLog): ObjectCache<T> {
  const objects = new Map<string, T>();

  const tell = (key: string, object: T | undefined) => {
    try {
      onChange(key, object);
    } catch (thrown) {
      log.error('a handler of a watch threw', { key, error: asError(thrown) });
    }
  };
  const put = (object: T) => {
    const key = objectKey(object);
    const before = objects.get(key);
    if (before && isSame(before, object)) return;
    Reflect.deleteProperty(object.metadata, 'managedFields'); // a third of the memory, and nobody reads it
    objects.set(key, object);
    tell(key, object);
  };
  const removeKey = (key: string) => {
    if (objects.delete(key)) tell(key, undefined);
  };

  return {
    get: (key) => objects.get(key),
    keys: () => [...objects.keys()],
    list: () => [...objects.values()],
    replaceAll(listed) {
      const there = new Set(listed.map(objectKey));
      for (const key of [...objects.keys()]) if (!there.has(key)) removeKey(key);
      for (const object of listed) put(object);
    },
    put,
    remove: (object) => removeKey(objectKey(object)),
  };
}
