// The program: reads what it is told and runs one command. The parts are loaded only once it is known which one, so that
// embedded mode never loads a Kubernetes client and an old Node gets a sentence and not a stack.
import { nodeTooOld, parseConfig } from './config.ts';
import type { Config } from './config.ts';
import { SetupError } from './errors.ts';

const { stdout, stderr, stdin, env } = process;

/** Aborted by the first SIGINT or SIGTERM; a second one ends the process as if nobody listened. */
function untilSignalled(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

async function run(config: Config): Promise<number> {
  switch (config.command) {
    case 'operator':
      return (await import('./cluster/run-operator.ts')).runOperator(config, env, untilSignalled());
    case 'gateway':
      return (await import('./cluster/run-gateway.ts')).runGateway(config, env, untilSignalled());
    case 'dev': {
      const { runDev } = await import('./dev/run.ts');
      return runDev(config, { stdout, stderr, stdin, env, ended: aborted(untilSignalled()) });
    }
    case 'key': {
      (await import('./print-key.ts')).printKey(config.name, { stdout, stderr });
      return 0;
    }
    case 'manifests': {
      (await import('./print-manifests.ts')).printManifests(config, stdout);
      return 0;
    }
    case 'demo': {
      const { runDemo } = await import('./dev/run.ts');
      return runDemo(config, { stdout, stderr, stdin, env });
    }
  }
}

async function main(): Promise<number> {
  const tooOld = nodeTooOld(process.version);
  if (tooOld !== undefined) {
    stderr.write(`${tooOld}\n`);
    return 2;
  }
  const parsed = parseConfig(process.argv.slice(2));
  if (parsed.kind === 'exit') {
    stdout.write(parsed.stdout);
    stderr.write(parsed.stderr);
    return parsed.code;
  }
  try {
    return await run(parsed.config);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    stderr.write(`${error.message}\n`);
    return 2;
  }
}

process.exitCode = await main();
