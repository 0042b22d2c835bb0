import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import type { WorkflowStatus } from '../../../lib/api/status.ts';
import { openFileStore } from '../../../operator/dev/file-store.ts';
import { stateDirectory } from '../../../operator/dev/state-directory.ts';
import type { StateDirectory } from '../../../operator/dev/state-directory.ts';
import { TransientError } from '../../../operator/errors.ts';
import { formatProblem, InvalidFileError } from '../../../operator/file-problem.ts';
import { steppedClock } from '../../fakes/clock.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'mcpworkflow-state-'));
  folders.push(made);
  return made;
};

const workflow = (name: string, primary = 'claude-a', more = '') => `apiVersion: ai.example.com/v1alpha1
kind: MCPWorkflow
metadata:
  name: ${name}
spec:
  models:
    primary: ${primary}
${more}`;

const STATUS: WorkflowStatus = { observedGeneration: 1, phase: 'Healthy', activeModel: 'claude-a' };

function setup(files: Record<string, string>, state?: StateDirectory) {
  const clock = steppedClock();
  const changes: string[] = [];
  const errors: string[] = [];
  const read = (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
    return text;
  };
  const open = (...names: string[]) =>
    openFileStore(names.length > 0 ? names : Object.keys(files), {
      clock,
      read,
      onChange: (key, edited) => changes.push(`${key} ${edited ? 'edited' : 'status'}`),
      onError: (problems) => errors.push(...problems.map(formatProblem)),
      ...(state && { state }),
    });
  return { clock, changes, errors, files, open };
}

const problemsOf = (open: () => unknown): readonly string[] => {
  try {
    open();
    return [];
  } catch (error) {
    if (!(error instanceof InvalidFileError)) throw error;
    return error.problems.map(formatProblem);
  }
};

describe('workflow files at the start', () => {
  // proves manifest-as-it-stands
  it('the manifest of the README is taken as it stands, into the namespace default', () => {
    const manifest = 'examples/yaml/01-triage-bot.yaml';
    const store = setup({ [manifest]: readFileSync(manifest, 'utf8') }).open();
    expect(store.list().map(({ metadata }) => metadata)).toMatchObject([
      { name: 'triage-bot', namespace: 'default', generation: 1, resourceVersion: '1' },
    ]);
    expect(store.get('default/triage-bot')?.spec.models).toMatchObject({
      primary: 'claude-opus-4-8',
      fallbacks: ['claude-sonnet-4-6'],
    });
  });

  it('several documents are taken, others are named and left', () => {
    const store = setup({
      'a.yaml': `${workflow('one')}---\napiVersion: v1\nkind: ConfigMap\n---\n${workflow('two')}---\n`,
    }).open();
    expect(store.list().map(({ metadata }) => metadata.name)).toEqual(['one', 'two']);
    expect(store.others()).toEqual([{ file: 'a.yaml', line: 9, kind: 'ConfigMap' }]);
  });

  it('says everything that is wrong in every file, with line, field and what to write', () => {
    const { open } = setup({
      'a.yaml': `${workflow('one', 'x', '    fallback: [y]\n')}---\n${workflow('Two')}`,
      'b.yaml': 'hello: world\n',
      'c.yaml': 'a: [',
    });
    expect(problemsOf(() => open('a.yaml', 'b.yaml', 'c.yaml', 'd.yaml'))).toEqual([
      expect.stringMatching(/^a\.yaml:8: spec\.models\.fallback: .*did you mean fallbacks/),
      expect.stringMatching(/^a\.yaml:13: metadata\.name: must be lower-case/),
      expect.stringMatching(/^b\.yaml:1: kind: expected a Kubernetes object: write apiVersion/),
      expect.stringMatching(/^c\.yaml:\d: this is no valid YAML/),
      'd.yaml: cannot be read: there is no such file',
    ]);
  });

  it('a name that is declared twice names both places', () => {
    expect(problemsOf(setup({ 'a.yaml': workflow('one'), 'b.yaml': `---\n${workflow('one')}` }).open)).toEqual([
      'b.yaml:2: metadata.name: default/one is declared already at a.yaml:1: give one of them another name or namespace',
    ]);
    expect(problemsOf(setup({ 'a.yaml': `${workflow('one')}---\n${workflow('one')}` }).open)).toHaveLength(1);
  });
});

describe('workflow files while running', () => {
  it('an edit is a new generation that keeps the status; a comment is nothing', async () => {
    const { clock, changes, files, open } = setup({ a: workflow('one') });
    const store = open();
    const before = store.get('default/one');
    if (before) await store.write(before, STATUS);
    files['a'] = `# hello\n${workflow('one')}`;
    await clock.advance(500);
    expect(changes).toEqual(['default/one status']);
    files['a'] = workflow('one', 'claude-b');
    await clock.advance(500);
    expect(changes).toEqual(['default/one status', 'default/one edited']);
    expect(store.get('default/one')).toMatchObject({
      metadata: { generation: 2 },
      spec: { models: { primary: 'claude-b' } },
      status: STATUS,
    });
    store.stop();
    expect(clock.pending()).toBe(0);
  });

  it('an annotation is a change without a new generation', async () => {
    const { clock, changes, files, open } = setup({ a: workflow('one') });
    const store = open();
    files['a'] = workflow('one').replace('name: one', 'name: one\n  annotations: {ai.example.com/failback: now}');
    await clock.advance(500);
    expect(changes).toEqual(['default/one edited']);
    expect(store.get('default/one')?.metadata).toMatchObject({
      generation: 1,
      annotations: { 'ai.example.com/failback': 'now' },
    });
  });

  // proves last-good-state-serves
  it('a bad edit keeps the last good state and says so once; so does a file that is gone', async () => {
    const { clock, changes, errors, files, open } = setup({ a: workflow('one'), b: workflow('two') });
    const store = open();
    files['a'] = workflow('one', '');
    await clock.advance(5_000);
    expect(errors).toEqual([expect.stringMatching(/^a:7: spec\.models\.primary: /)]);
    delete files['a'];
    files['b'] = workflow('two', 'claude-b');
    await clock.advance(500);
    expect(errors).toHaveLength(2);
    expect(changes).toEqual(['default/two edited']);
    expect(store.get('default/one')?.spec.models.primary).toBe('claude-a');
  });

  it('a document that is removed takes its workflow with it', async () => {
    const { clock, changes, files, open } = setup({ a: `${workflow('one')}---\n${workflow('two')}` });
    const store = open();
    files['a'] = workflow('two');
    await clock.advance(500);
    expect(changes).toEqual(['default/one edited']);
    expect(store.get('default/one')).toBeUndefined();
  });

  it('a workflow may move from one file to another, whichever is saved first', async () => {
    const { clock, errors, files, open } = setup({
      a: `${workflow('one')}---\n${workflow('two')}`,
      b: workflow('three'),
    });
    const store = open();
    files['b'] = `${workflow('three')}---\n${workflow('one', 'claude-b')}`;
    await clock.advance(500);
    expect(errors).toEqual([expect.stringContaining('declared already at a:1')]);
    files['a'] = workflow('two');
    await clock.advance(500);
    expect(store.get('default/one')?.spec.models.primary).toBe('claude-b');
  });
});

describe('the status', () => {
  it('is written against the version that was read, or not at all', async () => {
    const store = setup({ a: workflow('one') }).open();
    const read = store.get('default/one');
    if (!read) throw new Error('expected the workflow');
    expect(await store.write(read, STATUS)).toBe('2');
    await expect(store.write(read, STATUS)).rejects.toBeInstanceOf(TransientError);
    expect(store.get('default/one')).toMatchObject({
      metadata: { resourceVersion: '2', generation: 1 },
      status: STATUS,
    });
  });

  it('a status in the file is not believed', () => {
    const store = setup({ a: workflow('one', 'x', 'status: {phase: Healthy}\n') }).open();
    expect(store.get('default/one')?.status).toBeUndefined();
  });

  it('outlives a restart with --state, and an edit in between is a new generation', async () => {
    const directory = folder();
    const first = setup({ a: workflow('one') }, stateDirectory(directory)).open();
    const read = first.get('default/one');
    if (read) await first.write(read, STATUS);
    expect(readdirSync(join(directory, 'default'))).toEqual(['one.json']);

    const same = setup({ a: workflow('one') }, stateDirectory(directory)).open();
    expect(same.get('default/one')).toMatchObject({ metadata: { generation: 1 }, status: STATUS });
    const edited = setup({ a: workflow('one', 'claude-b') }, stateDirectory(directory)).open();
    expect(edited.get('default/one')).toMatchObject({ metadata: { generation: 2 }, status: STATUS });

    writeFileSync(join(directory, 'default', 'one.json'), '{"generation": 3');
    const broken = setup({ a: workflow('one') }, stateDirectory(directory)).open();
    expect(broken.get('default/one')).toMatchObject({ metadata: { generation: 1 } });
  });
});
