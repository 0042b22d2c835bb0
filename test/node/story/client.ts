// An application of the story, as the only program of a pod: the official SDK, and what `connect()` put into the environment.
// `ask` asks one question, prints one line and ends. `load` goes on asking until it is told to end, and tells at GET /take what
// became of the questions since the last time.

import Anthropic, { APIError } from '@anthropic-ai/sdk';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectedAnswer } from '../../../operator/dev/provider/answer.ts';
import { messagesCallers } from '../../e2e/callers.ts';
import { startCallers, type TrafficTally } from '../../e2e/traffic.ts';
import { CALLERS_EACH, TAKE_PORT } from './names.ts';

/** What `ask` prints, as JSON. */
export type Answered =
  | { readonly kind: 'answered'; readonly model: string; readonly whole: boolean }
  | { readonly kind: 'refused'; readonly status: number; readonly message: string };

async function ask(): Promise<Answered> {
  const content = 'hello from a pod';
  try {
    // No base URL and no key: the SDK reads both from the environment, as in anybody's program.
    const asked = new Anthropic({ maxRetries: 0 }).messages.create({
      model: 'whatever',
      max_tokens: 64,
      messages: [{ role: 'user', content }],
    });
    const { data, response } = await asked.withResponse();
    const model = response.headers.get('x-mcpworkflow-model') ?? 'nobody';
    const text = data.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    return { kind: 'answered', model, whole: text === expectedAnswer(model, content) };
  } catch (error) {
    if (!(error instanceof APIError) || error.status === undefined) throw error;
    return { kind: 'refused', status: Number(error.status), message: error.message };
  }
}

/** The tally, once the questions that were under way when it was taken are answered, too. */
async function answered(tally: TrafficTally): Promise<TrafficTally> {
  while (tally.whole + tally.lost + tally.told + tally.truncatedAsSuccess < tally.sent) await sleep(10);
  return tally;
}

function load(): void {
  const { ANTHROPIC_BASE_URL: baseURL = '', ANTHROPIC_API_KEY: apiKey = '' } = process.env;
  const ways = messagesCallers(baseURL, { apiKey });
  const traffic = startCallers(Array.from({ length: CALLERS_EACH }, () => ways).flat());
  const server = createServer((request, response) => {
    if (request.url === '/take') void answered(traffic.take()).then((tally) => response.end(JSON.stringify(tally)));
    else response.writeHead(404).end();
  });
  server.listen(TAKE_PORT);
  process.once('SIGTERM', () => {
    void traffic.stop().then(() => {
      process.stdout.write(`${JSON.stringify(traffic.take())}\n`);
      process.exit(0);
    });
  });
}

if (process.argv[2] === 'load') load();
else process.stdout.write(`${JSON.stringify(await ask())}\n`);
