// What embedded mode says once it serves: where, and how an unmodified client gets there.
import { keyOf } from '../../lib/api/workflow.ts';
import { formatListenAddress } from '../listen-address.ts';
import type { ListenAddress } from '../listen-address.ts';
import type { WorkflowRoute } from '../routes/types.ts';
import type { Printer } from './printer.ts';
import type { Dev } from './start.ts';

/** The host that a client on this machine can call. */
const callable = ({ host, port }: ListenAddress): string =>
  formatListenAddress({ host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port });

/** The two lines that point an unmodified client at a workflow, and a call to try. */
export function howToCall(origin: string, { key, dialect, primary, keyHashes }: WorkflowRoute): readonly string[] {
  const shown = keyHashes.length === 0 ? 'any' : "'a key of this workflow'";
  const body = (more: object) =>
    JSON.stringify({ model: primary, ...more, messages: [{ role: 'user', content: 'Hello' }] });
  if (dialect === 'OpenAI') {
    return [
      `export OPENAI_BASE_URL=${origin}/${key}/openai/v1`,
      `export OPENAI_API_KEY=${shown}`,
      `curl $OPENAI_BASE_URL/chat/completions -H "authorization: Bearer $OPENAI_API_KEY" -H 'content-type: application/json' -d '${body({})}'`,
    ];
  }
  return [
    `export ANTHROPIC_BASE_URL=${origin}/${key}/anthropic`,
    `export ANTHROPIC_API_KEY=${shown}`,
    `curl $ANTHROPIC_BASE_URL/v1/messages -H "x-api-key: $ANTHROPIC_API_KEY" -H 'content-type: application/json' -H 'anthropic-version: 2023-06-01' -d '${body({ max_tokens: 64 })}'`,
  ];
}

/** Prints it all. */
export function greeting(printer: Printer, dev: Dev): void {
  const origin = `http://${callable(dev.address)}`;
  const keys = dev.store.list().map(({ metadata }) => keyOf(metadata));
  const routes = dev.table().workflows;
  for (const { file, line, kind } of dev.store.others())
    printer.line(`${file}:${line}: ${kind} is left alone`, 'faint');
  printer.line(`Serving ${keys.length === 0 ? 'no workflow yet' : keys.join(', ')} on ${origin}`, 'strong');
  const first = keys.map((key) => routes[key]).find((route) => route !== undefined);
  if (first) {
    printer.line();
    for (const line of howToCall(origin, first)) printer.line(`  ${line}`);
    printer.line();
  }
  for (const { name, reason, message } of keys.flatMap((key) => routes[key]?.notServing ?? [])) {
    printer.line(`${name} cannot be served (${reason}): ${message}`, 'notice');
  }
  for (const { model, mode } of dev.breaks.current()) {
    printer.line(`${model} fails on purpose (${mode}); type \`heal\` and Enter to end it`, 'bad');
  }
  printer.line(`Status: curl ${origin}/workflows`, 'faint');
}
