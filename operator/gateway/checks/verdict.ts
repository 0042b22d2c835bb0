// The checks of one request and what they say of an answer. They only decide; the readers of answers act.
import type { RouteCheck, WorkflowRoute } from '../../routes/types.ts';
import type { ModelApi } from '../dialects/model-api.ts';
import type { ScannedRequest } from '../json/scan.ts';
import type { AnswerText } from './answer-text.ts';
import { createCallerSchemas } from './caller-schema.ts';
import { createCheckCompiler, schemaVerdict } from './compile.ts';
import type { Passes } from './compile.ts';
import type { SchemaJudge } from './json-schema.ts';
import { createWork } from './work.ts';

/** The name and type of the built-in check of the schema that a caller declares. */
export const CALLER_SCHEMA = 'CallerSchema';

/** A check that can judge. */
export interface Check extends Pick<RouteCheck, 'name' | 'onFail' | 'buffer'> {
  readonly type: RouteCheck['subject']['type'] | typeof CALLER_SCHEMA;
  readonly passes: Passes;
}

/** What the checks of a request say of an answer. */
export interface Verdict {
  /** In the order of the checks. */
  readonly failed: readonly Check[];
  /** The one because of which the answer does not go to the caller: of those that block, else of those that ask on, the first. */
  readonly stopper?: Check;
}

/** The checks that the answers to one request have to pass. */
export interface AnswerChecks {
  /** A stream is held until it is judged. */
  readonly holdStreams: boolean;
  judge(answer: AnswerText): Verdict;
  /** What is said of a stream that is too long to be held. */
  tooLong(): Verdict;
}

/** The checks for a request; undefined when nothing has to be judged, so that it costs nothing. */
export type ChecksFor = (route: WorkflowRoute, api: ModelApi, request: ScannedRequest) => AnswerChecks | undefined;

function verdictOf(failed: readonly Check[]): Verdict {
  const stopper =
    failed.find(({ onFail }) => onFail === 'Block') ?? failed.find(({ onFail }) => onFail === 'NextModel');
  return { failed, ...(stopper && { stopper }) };
}

const holdsStreams = ({ buffer }: Check) => buffer === 'Full';

const answerChecks = (checks: readonly Check[], begin: () => void): AnswerChecks => ({
  holdStreams: checks.some(holdsStreams),
  judge(answer) {
    begin();
    return verdictOf(checks.filter(({ passes }) => !passes(answer)));
  },
  tooLong: () => verdictOf(checks.filter(holdsStreams)),
});

/** What cannot be judged by it keeps to it: it may never be us who make a schema of a caller fail. */
const callerCheck = (judge: SchemaJudge): Check => ({
  name: CALLER_SCHEMA,
  type: CALLER_SCHEMA,
  onFail: 'NextModel',
  buffer: 'None',
  passes: (answer) => !answer.complete || schemaVerdict(judge, answer) !== 'breaks',
});

/** Compiles the checks of routes and the schemas of callers, each once. */
export function createChecks(): ChecksFor {
  // Apart, so that no schema of a caller takes its steps from the checks of a workflow.
  const [ownWork, callersWork] = [createWork(), createWork()];
  const compiler = createCheckCompiler(ownWork);
  const callerSchemas = createCallerSchemas(callersWork);
  const begin = () => {
    ownWork.begin();
    callersWork.begin();
  };
  // A table keeps the routes that have not changed, so this is once per route.
  const compiled = new WeakMap<readonly RouteCheck[], readonly Check[]>();

  const compiledOf = (route: WorkflowRoute): readonly Check[] => {
    let checks = compiled.get(route.checks);
    if (!checks) {
      checks = route.checks.map(({ name, subject, onFail, buffer }) => ({
        name,
        type: subject.type,
        onFail,
        buffer,
        passes: compiler.compile(subject),
      }));
      compiled.set(route.checks, checks);
    }
    return checks;
  };
  return (route, api, request) => {
    const own = route.checks.length === 0 ? [] : compiledOf(route);
    const judge = callerSchemas.of(api, request);
    if (judge) return answerChecks([callerCheck(judge), ...own], begin);
    return own.length === 0 ? undefined : answerChecks(own, begin);
  };
}
