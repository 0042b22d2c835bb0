// The way in for workflows: the schema, and what the schema cannot see, because it takes a compiler: whether the checks of a
// spec can judge anything.
import { fieldError } from '../lib/api/field-errors.ts';
import type { FieldError } from '../lib/api/field-errors.ts';
import { parseWorkflow } from '../lib/api/parse.ts';
import type { ParsedWorkflow, ParseOptions } from '../lib/api/parse.ts';
import type { CheckSpec } from '../lib/api/spec.ts';
import type { Workflow } from '../lib/api/workflow.ts';
import { compileProblem, createCheckCompiler } from './gateway/checks/compile.ts';
import { createWork } from './gateway/checks/work.ts';
import { routeChecks } from './routes/checks.ts';

/** Reads an MCPWorkflow, as `parseWorkflow` does. */
export type WorkflowParser = (object: unknown, options?: ParseOptions) => ParsedWorkflow;

const MAX_PROBLEM = 300;

/** The field that a check looks by. */
const FIELD = { JSONSchema: 'schema', Regex: 'pattern', NotRefused: 'type' } as const;

type Broken = readonly { readonly check: CheckSpec; readonly error: FieldError }[];

/**
 * The workflow without the checks that cannot judge, to be served while nothing better is known. A check that may block is
 * never left out: without it, there is nothing to serve.
 */
function withoutBroken(workflow: Workflow, broken: Broken): Workflow | undefined {
  if (broken.some(({ check }) => check.onFail === 'Block')) return undefined;
  const checks = workflow.spec.checks.filter((check) => !broken.some((one) => one.check === check));
  return { ...workflow, spec: { ...workflow.spec, checks } };
}

/** A parser that remembers what it has compiled. */
export function createWorkflowParser(): WorkflowParser {
  const compiler = createCheckCompiler(createWork());

  const brokenOf = ({ spec }: Workflow): Broken =>
    routeChecks(spec.checks).flatMap((routeCheck, index) => {
      const problem = compileProblem(compiler, routeCheck);
      const check = spec.checks[index];
      if (problem === undefined || !check) return [];
      const error = fieldError(
        ['spec', 'checks', index, FIELD[check.type]],
        `does not compile: ${problem.slice(0, MAX_PROBLEM)}`,
      );
      return [{ check, error }];
    });

  return (object, options) => {
    const parsed = parseWorkflow(object, options);
    const workflow = parsed.ok ? parsed.workflow : parsed.salvaged;
    const broken = workflow ? brokenOf(workflow) : [];
    if (!workflow || broken.length === 0) return parsed;
    const salvaged = withoutBroken(workflow, broken);
    const errors = [...(parsed.ok ? [] : parsed.errors), ...broken.map(({ error }) => error)];
    return { ok: false, errors, ...(salvaged && { salvaged }) };
  };
}
