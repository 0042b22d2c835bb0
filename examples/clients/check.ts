// Every client gets its whole answer, from the primary while that is well and from the fallback while it is overloaded.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { python } from '../../test/python/interpreter.ts';
import { fallbackOf, primaryOf, startScene, wholeAnswer } from '../../test/truth/scene.ts';
import type { Dialect } from '../../test/truth/scene.ts';

const CLIENTS: readonly { readonly run: string; readonly file: string; readonly dialect: Dialect }[] = [
  { run: process.execPath, file: 'anthropic.ts', dialect: 'anthropic' },
  { run: process.execPath, file: 'openai.ts', dialect: 'openai' },
  { run: python(), file: 'anthropic_client.py', dialect: 'anthropic' },
  { run: python(), file: 'openai_client.py', dialect: 'openai' },
  { run: 'sh', file: 'curl.sh', dialect: 'anthropic' },
];

const PROMPT = 'Reply with OK.';

/** The pieces of a stream as curl prints them, joined. */
function streamedText(events: string): string {
  const pieces = [...events.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => {
    const { delta } = JSON.parse(data) as { readonly delta?: { readonly text?: string } };
    return delta?.text ?? '';
  });
  return pieces.join('');
}

const plays = CLIENTS.map(({ file, dialect }) => ({ name: file.replace(/\W|_/g, '-'), dialect }));
const scene = await startScene(plays);
try {
  for (const [i, { run, file }] of CLIENTS.entries()) {
    const play = plays[i] as (typeof plays)[number];
    const base = `${scene.gatewayURL}/default/${play.name}`;
    const env = {
      ...process.env,
      ANTHROPIC_BASE_URL: `${base}/anthropic`,
      ANTHROPIC_API_KEY: 'caller',
      OPENAI_BASE_URL: `${base}/openai/v1`,
      OPENAI_API_KEY: 'caller',
    };
    for (const mode of ['ok', '529'] as const) {
      await scene.mode(play, mode);
      const model = mode === 'ok' ? primaryOf(play) : fallbackOf(play);
      const { stdout, stderr } = await promisify(execFile)(run, [join(import.meta.dirname, file)], { env });
      const said = file === 'curl.sh' ? streamedText(stdout) : stdout.trimEnd();
      assert.equal(said, wholeAnswer(model, PROMPT), `${file} while the primary is ${mode}`);
      const served = new RegExp(`(served by|x-mcpworkflow-model:) ${model}`);
      assert.match(stdout + stderr, served, `${file} while the primary is ${mode}: expected to be told who served`);
    }
  }
} finally {
  await scene.stop();
}
