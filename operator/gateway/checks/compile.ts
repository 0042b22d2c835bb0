// From the checks of a route to checks that can judge. What one looks at is compiled once, whichever workflows and tables
// name it.
import { LRUCache } from 'lru-cache';
import type { CheckSubject, RouteCheck } from '../../routes/types.ts';
import type { AnswerText, Choice } from './answer-text.ts';
import { createSchemaCompiler } from './json-schema.ts';
import type { SchemaJudge, SchemaVerdict } from './json-schema.ts';
import { linearRegex } from './linear-regex.ts';
import type { LinearRegex } from './linear-regex.ts';
import { WorkSpent } from './work.ts';
import type { Work } from './work.ts';

/** Says of an answer whether it is as a check wants it. */
export type Passes = (answer: AnswerText) => boolean;

/** Compiled subjects are kept for so many different ones, and so many characters of their sources. */
const KEPT = { max: 1_000, maxSize: 16 * 1024 * 1024 };

/** Whether a choice says all that the model wanted to say, in text. */
const isFinal = ({ finished, parts }: Choice) => finished && parts.some((part) => part !== '');

function verdictOn(text: string, judge: SchemaJudge): SchemaVerdict {
  try {
    return judge(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return 'breaks';
    throw error;
  }
}

/** The last part alone counts as well: what comes before a tool of the provider is often only chatter. */
function keepsTo(judge: SchemaJudge, { parts }: Choice): SchemaVerdict {
  const whole = verdictOn(parts.join(''), judge);
  return whole === 'breaks' && parts.length > 1 ? verdictOn(parts.at(-1) ?? '', judge) : whole;
}

/** What a schema says of all final choices together. */
export function schemaVerdict(judge: SchemaJudge, { choices }: AnswerText): SchemaVerdict {
  const verdicts = choices.filter(isFinal).map((choice) => keepsTo(judge, choice));
  return (['breaks', 'tooMuch'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'keeps';
}

/** What takes too long to look through has not been found clean. */
function found(regex: LinearRegex, text: string): boolean | undefined {
  try {
    return regex.test(text);
  } catch (error) {
    if (error instanceof WorkSpent) return undefined;
    throw error;
  }
}

function compileRegex(pattern: string, wanted: boolean, work: Work): Passes {
  const regex = linearRegex(pattern, work);
  return ({ choices, complete }) => {
    // What is missing is asked of what is final; what is forbidden, of every word.
    const judged = wanted ? choices.filter(isFinal) : choices;
    return complete && judged.every(({ parts }) => found(regex, parts.join('')) === wanted);
  };
}

/** Compiles what checks look at. */
export interface CheckCompiler {
  /** Throws an Error whose message is for the author, unless the same subject has been compiled before. */
  compile(subject: CheckSubject): Passes;
}

/** A compiler that keeps what it has compiled; to judge by it spends `work`. */
export function createCheckCompiler(work: Work): CheckCompiler {
  const schemas = createSchemaCompiler(work);
  const kept = new LRUCache<string, Passes>({ ...KEPT, sizeCalculation: (_passes, source) => source.length });

  const compileNew = (subject: CheckSubject): Passes => {
    switch (subject.type) {
      case 'JSONSchema': {
        const judge = schemas.compile(subject.schema);
        return (answer) => answer.complete && schemaVerdict(judge, answer) === 'keeps';
      }
      case 'Regex':
        return compileRegex(subject.pattern, subject.match === 'Required', work);
      case 'NotRefused':
        return ({ refused }) => !refused;
    }
  };
  return {
    compile(subject) {
      const source = JSON.stringify(subject);
      let passes = kept.get(source);
      if (!passes) kept.set(source, (passes = compileNew(subject)));
      return passes;
    },
  };
}

/** What is wrong with a check, for its author; undefined when it can judge. */
export function compileProblem(compiler: CheckCompiler, { subject }: Pick<RouteCheck, 'subject'>): string | undefined {
  try {
    compiler.compile(subject);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
