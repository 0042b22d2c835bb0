// What the API server is in a cluster: the workflows, each with its status, generation and resourceVersion. Here they come
// from files that are followed while running.
import type { WorkflowStatus } from '../../lib/api/status.ts';
import type { Workflow, WorkflowKey } from '../../lib/api/workflow.ts';
import type { StatusStore } from '../act/types.ts';
import type { Clock } from '../clock.ts';
import { TransientError } from '../errors.ts';
import { InvalidFileError } from '../file-problem.ts';
import type { FileProblem } from '../file-problem.ts';
import { createWorkflowParser } from '../parse-workflow.ts';
import { lookAt, readTextFile, watchText } from '../watched-text.ts';
import type { Look, ReadText } from '../watched-text.ts';
import { noStateDirectory } from './state-directory.ts';
import type { StateDirectory } from './state-directory.ts';
import { readWorkflowFile, repetitions } from './workflow-file.ts';
import type { DeclaredWorkflow, OtherDocument } from './workflow-file.ts';

/** Workflows from files, with what is written to their status. */
export interface FileStore extends StatusStore {
  get(key: WorkflowKey): Workflow | undefined;
  list(): readonly Workflow[];
  /** Documents of other kinds, named once and left alone. */
  others(): readonly OtherDocument[];
  stop(): void;
}

/** What the store needs. */
export interface FileStorePorts {
  readonly clock: Clock;
  /** After the start: a workflow appeared, changed or went; `edited` when its spec or metadata did. */
  readonly onChange: (key: WorkflowKey, edited: boolean) => void;
  /** A file is bad now; its last good state stays. */
  readonly onError: (problems: readonly FileProblem[]) => void;
  readonly read?: ReadText;
  readonly everyMs?: number;
  readonly state?: StateDirectory;
}

/** The same text for the same declaration, so that only a real edit makes a new generation. */
const fingerprint = ({ spec }: Workflow): string => JSON.stringify(spec);
const sameMetadata = (a: Workflow, b: Workflow): boolean =>
  JSON.stringify([a.metadata.annotations, a.metadata.labels]) ===
  JSON.stringify([b.metadata.annotations, b.metadata.labels]);

/** Reads all files and follows them. Throws InvalidFileError with everything that is wrong in any of them. */
export function openFileStore(files: readonly string[], ports: FileStorePorts): FileStore {
  const read = ports.read ?? readTextFile;
  const parse = createWorkflowParser();
  const state = ports.state ?? noStateDirectory;
  const declared = new Map<string, readonly DeclaredWorkflow[]>();
  const others = new Map<string, readonly OtherDocument[]>();
  const objects = new Map<WorkflowKey, Workflow>();
  /** Looks that could not be taken: tried again when another file changes, for a workflow may have moved between them. */
  const refused = new Map<string, Look>();
  let version = 0;
  let open = false;

  const nextVersion = () => String((version += 1));
  const withStatus = (workflow: Workflow, status: WorkflowStatus | undefined): Workflow => ({
    metadata: workflow.metadata,
    spec: workflow.spec,
    ...(status && { status }),
  });
  const stamp = (workflow: Workflow, generation: number): Workflow => ({
    ...workflow,
    metadata: { ...workflow.metadata, generation, resourceVersion: nextVersion() },
  });

  const save = (key: WorkflowKey, workflow: Workflow) =>
    state.save(key, {
      generation: workflow.metadata.generation,
      spec: fingerprint(workflow),
      ...(workflow.status && { status: workflow.status }),
    });

  const created = (key: WorkflowKey, workflow: Workflow): Workflow => {
    const saved = state.load(key);
    if (!saved) return stamp(withStatus(workflow, undefined), 1);
    const generation = saved.spec === fingerprint(workflow) ? saved.generation : saved.generation + 1;
    return stamp(withStatus(workflow, saved.status), generation);
  };

  /** Takes a declaration; true when it said something new. */
  const put = ({ key, workflow }: DeclaredWorkflow): boolean => {
    const known = objects.get(key);
    if (!known) {
      objects.set(key, created(key, workflow));
      return true;
    }
    const edited = fingerprint(known) !== fingerprint(workflow);
    if (!edited && sameMetadata(known, workflow)) return false;
    const generation = known.metadata.generation + (edited ? 1 : 0);
    objects.set(key, stamp(withStatus(workflow, known.status), generation));
    return true;
  };

  const remove = (key: WorkflowKey) => {
    objects.delete(key);
    state.remove(key);
    ports.onChange(key, true);
  };

  /** Takes a whole file, or nothing of it. Returns what is wrong. */
  const take = (file: string, look: Look): readonly FileProblem[] => {
    const next = readWorkflowFile(file, look, parse);
    const elsewhere = [...declared].flatMap(([name, workflows]) => (name === file ? [] : workflows));
    const problems = [...next.problems, ...repetitions(next.workflows, elsewhere)];
    if (problems.length > 0) return problems;
    const before = declared.get(file) ?? [];
    declared.set(file, next.workflows);
    others.set(file, next.others);
    for (const workflow of next.workflows) if (put(workflow) && open) ports.onChange(workflow.key, true);
    for (const { key } of before) if (!next.workflows.some((kept) => kept.key === key)) remove(key);
    return [];
  };

  /** Takes what was refused before, as far as it is right now. */
  const takeRefused = () => {
    for (const [file, look] of refused) if (take(file, look).length === 0) refused.delete(file);
  };

  const follow = (file: string, look: Look) => {
    refused.delete(file);
    const wrong = take(file, look);
    if (wrong.length === 0) return takeRefused();
    refused.set(file, look);
    ports.onError(wrong);
  };

  const looks = [...new Set(files)].map((file) => ({ file, look: lookAt(file, read) }));
  const problems = looks.flatMap(({ file, look }) => take(file, look));
  if (problems.length > 0) throw new InvalidFileError(problems);
  const watches = looks.map(({ file, look }) =>
    watchText(file, {
      clock: ports.clock,
      read,
      everyMs: ports.everyMs ?? 500,
      first: look,
      onChange: (changed) => follow(file, changed),
    }),
  );
  open = true;

  return {
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    others: () => [...others.values()].flat(),
    // Async, as the API server's answer is; the store itself answers at once.
    write(workflow, status) {
      const key = `${workflow.metadata.namespace}/${workflow.metadata.name}`;
      const known = objects.get(key);
      if (!known || known.metadata.resourceVersion !== workflow.metadata.resourceVersion) {
        return Promise.reject(new TransientError(`the status of ${key} was written against an old version of it`));
      }
      const written = stamp(withStatus(known, status), known.metadata.generation);
      objects.set(key, written);
      try {
        save(key, written);
      } catch (error) {
        return Promise.reject(new TransientError(`the state of ${key} could not be saved`, { cause: error }));
      }
      ports.onChange(key, false);
      return Promise.resolve(written.metadata.resourceVersion);
    },
    stop() {
      for (const watch of watches) watch.stop();
    },
  };
}
