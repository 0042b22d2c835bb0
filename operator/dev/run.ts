// The commands `dev` and `demo`, from their configuration to an exit code.
import { createInterface } from 'node:readline';
import type { Workflow } from '../../lib/api/workflow.ts';
import { keyOf } from '../../lib/api/workflow.ts';
import { systemClock } from '../clock.ts';
import type { DemoConfig, DevConfig } from '../config.ts';
import { formatProblem } from '../file-problem.ts';
import type { FileProblem } from '../file-problem.ts';
import { createLogger } from '../telemetry/logger.ts';
import { startTracing } from '../tracing.ts';
import { greeting } from './greeting.ts';
import { playDemo } from './demo.ts';
import { createPrinter } from './printer.ts';
import type { Printer } from './printer.ts';
import { startDev } from './start.ts';
import type { Dev } from './start.ts';
import { COMMAND_HINT, parseTerminalCommand } from './terminal-command.ts';

/** The terminal that a command runs in; a test brings its own. */
export interface Terminal {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly stderr: { write(text: string): unknown };
  readonly stdin: NodeJS.ReadableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Resolves when the person or the system wants it to end. */
  readonly ended: Promise<void>;
}

const colorsIn = ({ stdout, env }: Pick<Terminal, 'stdout' | 'env'>): boolean =>
  stdout.isTTY === true && (env['NO_COLOR'] ?? '') === '';

const printerFor = (terminal: Pick<Terminal, 'stdout' | 'env'>, clock = systemClock()): Printer =>
  createPrinter({ write: (text) => void terminal.stdout.write(text), colors: colorsIn(terminal), clock });

/** Prints a workflow's phase and route whenever they change; steady statuses say nothing. */
function createPhaseLines(printer: Printer) {
  const last = new Map<string, string>();
  return (workflow: Workflow) => {
    const { phase, activeModel, reason, message } = workflow.status ?? {};
    const key = keyOf(workflow.metadata);
    const state = `${phase ?? 'Pending'}, ${activeModel ?? 'no model'} first`;
    if (last.get(key) === state) return;
    last.set(key, state);
    const why = phase === 'Healthy' ? '' : ` (${[reason, message].filter((part) => part !== undefined).join(': ')})`;
    printer.event(`${key}: ${state}${why}`, phase === 'Healthy' ? 'good' : 'notice');
  };
}

function printProblems(printer: Printer, problems: readonly FileProblem[]): void {
  for (const problem of problems) printer.event(formatProblem(problem), 'bad');
  printer.event('the last good state keeps serving', 'notice');
}

async function obey(dev: Dev, printer: Printer, line: string): Promise<void> {
  const command = parseTerminalCommand(line);
  switch (command.kind) {
    case 'nothing':
      return;
    case 'unknown':
      return printer.event(command.hint, 'notice');
    case 'heal': {
      const healed = dev.breaks.heal(command.model);
      const text = healed.length === 0 ? 'nothing is broken by --break' : `healed: ${healed.join(', ')}`;
      return printer.event(text, healed.length === 0 ? 'notice' : 'good');
    }
    case 'break':
      await dev.breaks.break(command.what.model, command.what.mode);
      return printer.event(
        `broken: ${command.what.model} (${command.what.mode}); type \`heal\` and Enter to end it`,
        'bad',
      );
  }
}

/** Runs embedded mode until it is ended. Rejects with a SetupError when files or flags are wrong. */
export async function runDev(config: DevConfig, terminal: Terminal): Promise<number> {
  const clock = systemClock();
  const printer = printerFor(terminal, clock);
  const log = createLogger({ level: config.logLevel, destination: terminal.stderr });
  await using parts = new AsyncDisposableStack();
  const tracing = await startTracing({
    endpoint: config.otlpEndpoint,
    env: terminal.env,
    service: 'mcpworkflow-dev',
    log,
    clock,
  });
  if (tracing) parts.adopt(tracing, (each) => each.stop());
  const dev = await startDev(
    { ...config, catalog: config.providers === undefined ? { builtIn: true } : { file: config.providers } },
    {
      clock,
      log,
      env: terminal.env,
      tracing: tracing?.tracing,
      onStatus: createPhaseLines(printer),
      onEvent: (workflow, { type, reason, note }) =>
        printer.event(`${keyOf(workflow.metadata)}: ${reason}: ${note}`, type === 'Warning' ? 'notice' : 'good'),
      onProblems: (problems) => printProblems(printer, problems),
      onEdit: (what) => printer.event(`${what}: the edit is in use`, 'strong'),
    },
  );
  greeting(printer, dev);
  const lines = createInterface({ input: terminal.stdin });
  lines.on('line', (line) => void obey(dev, printer, line));
  if (config.break.length > 0) printer.line(`To heal or break models: ${COMMAND_HINT}.`, 'strong');
  await terminal.ended;
  lines.close();
  await dev.stop();
  return 0;
}

/** Plays the demo. 0, or 1 when anything was lost. */
export async function runDemo(config: DemoConfig, terminal: Omit<Terminal, 'ended'>): Promise<number> {
  const clock = systemClock();
  const log = createLogger({ level: config.logLevel, destination: terminal.stderr });
  return playDemo({ clock, log, printer: printerFor(terminal, clock) });
}
