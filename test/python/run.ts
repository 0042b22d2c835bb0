// `npm run test:python`: the official Python clients against embedded mode, once with a primary that is well and once with one
// that is overloaded.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expectedAnswer } from '../../operator/dev/provider/answer.ts';
import type { Mode } from '../../operator/dev/provider/modes.ts';
import { endSuite } from '../../scripts/tally.ts';
import { fallbackOf, primaryOf, startScene } from '../truth/scene.ts';
import type { Dialect } from '../truth/scene.ts';
import { python } from './interpreter.ts';

const here = import.meta.dirname;

interface Line {
  readonly ask: string;
  readonly text?: string;
  readonly error?: string;
}

const PLAYS: readonly { readonly mode: Mode; readonly server: 'primary' | 'fallback' }[] = [
  { mode: 'ok', server: 'primary' },
  { mode: '529', server: 'fallback' },
  { mode: 'cut-before-content', server: 'fallback' },
];
const play = (mode: Mode, dialect: Dialect) => ({ name: `python-${mode}-${dialect}`, dialect });

const interpreter = python();
const scene = await startScene(PLAYS.flatMap(({ mode }) => [play(mode, 'anthropic'), play(mode, 'openai')]));
let passed = 0;
let failed = 0;
try {
  for (const { mode, server } of PLAYS) {
    const [anthropic, openai] = [play(mode, 'anthropic'), play(mode, 'openai')];
    await Promise.all([anthropic, openai].map((each) => scene.mode(each, mode)));
    const urls = [
      `${scene.gatewayURL}/default/${anthropic.name}/anthropic`,
      `${scene.gatewayURL}/default/${openai.name}/openai/v1`,
    ];
    const prompt = `hello from Python, ${mode}`;
    const lines = await run(interpreter, [join(here, 'clients.py'), ...urls, prompt]);
    for (const { ask, text, error } of lines) {
      const served = ask.startsWith('messages') ? anthropic : openai;
      const model = server === 'primary' ? primaryOf(served) : fallbackOf(served);
      const whole = text === expectedAnswer(model, prompt);
      if (whole) passed += 1;
      else failed += 1;
      if (!whole)
        console.error(`${ask} while the primary is ${mode}: expected the ${server}'s answer, got ${error ?? text}`);
    }
    if (lines.length !== 6) failed += 1;
  }
} finally {
  await scene.stop();
}
endSuite(passed, failed);

/** Not synchronously: the gateway that it calls runs in this process. */
async function run(executable: string, args: readonly string[]): Promise<readonly Line[]> {
  const { stdout } = await promisify(execFile)(executable, [...args]);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}
