// The checks of a spec as a gateway reads them: each with what it looks at, and nothing else.
import type { CheckSpec } from '../../lib/api/spec.ts';
import type { CheckSubject, RouteCheck } from './types.ts';

/** A check that says what it looks at. The schema sees to that; what comes around it is our bug. */
function subjectOf({ name, type, schema, pattern, match }: CheckSpec): CheckSubject {
  switch (type) {
    case 'JSONSchema':
      if (schema) return { type, schema };
      break;
    case 'Regex':
      if (pattern !== undefined && match) return { type, pattern, match };
      break;
    case 'NotRefused':
      return { type };
  }
  throw new Error(`check ${name} of type ${type} lacks what it looks at`);
}

/** The checks of a route. */
export const routeChecks = (checks: readonly CheckSpec[]): readonly RouteCheck[] =>
  checks.map((check) => ({
    name: check.name,
    subject: subjectOf(check),
    onFail: check.onFail,
    buffer: check.buffer,
  }));
