// One workflow file: which documents are workflows, which are left alone, and everything that is wrong with it.
import { API_VERSION, keyOf, KIND } from '../../lib/api/workflow.ts';
import type { Workflow, WorkflowKey } from '../../lib/api/workflow.ts';
import type { FileProblem } from '../file-problem.ts';
import type { WorkflowParser } from '../parse-workflow.ts';
import type { Look } from '../watched-text.ts';
import { problemsIn, readYaml } from '../yaml-lines.ts';
import type { YamlDocument } from '../yaml-lines.ts';

/** A workflow as a file declares it. */
export interface DeclaredWorkflow {
  readonly key: WorkflowKey;
  readonly workflow: Workflow;
  readonly file: string;
  readonly line: number;
}

/** A document of another kind, which is left alone. */
export interface OtherDocument {
  readonly file: string;
  readonly line: number;
  readonly kind: string;
}

/** What a file holds; `workflows` is whole only when there are no problems. */
export interface WorkflowFile {
  readonly workflows: readonly DeclaredWorkflow[];
  readonly others: readonly OtherDocument[];
  readonly problems: readonly FileProblem[];
}

const NOTHING: WorkflowFile = { workflows: [], others: [], problems: [] };

const kindOf = (value: unknown): string | undefined => {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  return typeof kind === 'string' ? kind : undefined;
};

function readDocument(file: string, document: YamlDocument, parse: WorkflowParser): WorkflowFile {
  if (document.value === null || document.value === undefined) return NOTHING;
  const kind = kindOf(document.value);
  const line = document.lineOf([]);
  if (kind === undefined) {
    const message = `expected a Kubernetes object: write apiVersion: ${API_VERSION} and kind: ${KIND}`;
    return { ...NOTHING, problems: [{ file, line, field: 'kind', message }] };
  }
  if (kind !== KIND) return { ...NOTHING, others: [{ file, line, kind }] };
  const parsed = parse(document.value, { strict: true });
  if (!parsed.ok) return { ...NOTHING, problems: problemsIn(file, document, parsed.errors) };
  const { workflow } = parsed;
  return { ...NOTHING, workflows: [{ key: keyOf(workflow.metadata), workflow, file, line }] };
}

/** What a second declaration of a name says; `declared` are those that came first. */
export const repetitions = (
  later: readonly DeclaredWorkflow[],
  declared: readonly DeclaredWorkflow[],
): readonly FileProblem[] =>
  later.flatMap(({ key, file, line }) => {
    const first = declared.find((other) => other.key === key);
    if (!first) return [];
    const message = `${key} is declared already at ${first.file}:${first.line}: give one of them another name or namespace`;
    return [{ file, line, field: 'metadata.name', message }];
  });

/** Reads a file from what a look at it gave. */
export function readWorkflowFile(file: string, look: Look, parse: WorkflowParser): WorkflowFile {
  if (look.kind === 'unreadable') return { ...NOTHING, problems: [{ file, message: `cannot be read: ${look.why}` }] };
  const { documents, problems } = readYaml(file, look.text);
  const parts = documents.map((document) => readDocument(file, document, parse));
  const workflows = parts.flatMap((part) => part.workflows);
  return {
    workflows,
    others: parts.flatMap((part) => part.others),
    problems: [
      ...problems,
      ...parts.flatMap((part) => part.problems),
      ...workflows.flatMap((workflow, index) => repetitions([workflow], workflows.slice(0, index))),
    ],
  };
}
