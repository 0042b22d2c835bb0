// Two operators in one namespace would fight for the same names. Pulumi sees two resources that have nothing to do with each
// other, so each operator claims its namespace here.
import * as pulumi from '@pulumi/pulumi';
import { fieldError } from '../api/field-errors.ts';
import { InvalidArgsError } from './args-error.ts';

/** Claims live and end with the connection to the engine: one for each run of a program. */
const CLAIMS = Symbol.for('mcpworkflow.operators');

type Claims = Map<unknown, Map<string, string>>;

/**
 * Claims a namespace of the cluster behind `provider` for one operator. Throws an InvalidArgsError if another operator of this
 * program has it.
 */
export function claimNamespace(
  operator: string,
  namespace: string,
  provider: pulumi.ProviderResource | undefined,
): void {
  const engine: object | undefined = pulumi.runtime.getMonitor();
  if (engine === undefined) return;
  const namespaces = namespacesOf(claimsOf(engine), provider ?? 'default');
  const owner = namespaces.get(namespace);
  if (owner !== undefined) {
    throw new InvalidArgsError(`MCPOperator "${operator}"`, [
      fieldError(
        ['namespace'],
        `the MCPOperator "${owner}" has this namespace already, and one operator may run in it: choose another one`,
      ),
    ]);
  }
  namespaces.set(namespace, operator);
}

function claimsOf(engine: object): Claims {
  const found = Reflect.get(engine, CLAIMS) as Claims | undefined;
  if (found) return found;
  const made: Claims = new Map();
  Reflect.defineProperty(engine, CLAIMS, { value: made });
  return made;
}

function namespacesOf(claims: Claims, provider: unknown): Map<string, string> {
  const found = claims.get(provider);
  if (found) return found;
  const made = new Map<string, string>();
  claims.set(provider, made);
  return made;
}
