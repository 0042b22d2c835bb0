// Keeps what embedded mode knows of each workflow across restarts: one JSON file each, replaced as a whole so that a
// crash leaves the old one or the new one and never half of either.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readStatus } from '../../lib/api/tolerant.ts';
import type { WorkflowStatus } from '../../lib/api/status.ts';
import type { WorkflowKey } from '../../lib/api/workflow.ts';
import { SetupError } from '../errors.ts';

/** What outlives the process. `spec` tells whether the file was edited meanwhile. */
export interface SavedState {
  readonly generation: number;
  readonly spec: string;
  readonly status?: WorkflowStatus;
}

/** Where saved states are. Throws when the disk does. */
export interface StateDirectory {
  load(key: WorkflowKey): SavedState | undefined;
  save(key: WorkflowKey, state: SavedState): void;
  remove(key: WorkflowKey): void;
}

/** Remembers nothing. */
export const noStateDirectory: StateDirectory = { load: () => undefined, save: () => {}, remove: () => {} };

function parse(text: string): SavedState | undefined {
  const value = JSON.parse(text) as { generation?: unknown; spec?: unknown; status?: unknown };
  if (typeof value.generation !== 'number' || typeof value.spec !== 'string') return undefined;
  const status = readStatus(value.status);
  return { generation: value.generation, spec: value.spec, ...(status && { status }) };
}

function createDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new SetupError(`--state ${directory}: cannot be used (${code}); choose a directory that can be written`, {
      cause,
    });
  }
}

/**
 * Keeps states below `directory`, as `<namespace>/<name>.json`. Keys have passed the schema, so they are safe paths. Throws a
 * SetupError when the directory cannot be made.
 */
export function stateDirectory(directory: string): StateDirectory {
  const pathOf = (key: WorkflowKey) => join(directory, `${key}.json`);
  createDirectory(directory);
  return {
    load(key) {
      try {
        return parse(readFileSync(pathOf(key), 'utf8'));
      } catch {
        // Not there, or not ours: the workflow starts as a new one, which is always safe.
        return undefined;
      }
    },
    save(key, state) {
      const path = pathOf(key);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
      renameSync(`${path}.new`, path);
    },
    remove: (key) => rmSync(pathOf(key), { force: true }),
  };
}
