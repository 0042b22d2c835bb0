// Measures what judging answers costs: nothing to judge, the usual, and the worst that a schema or a pattern can ask for.
//   npm run bench:checks
import { createChecks } from '../operator/gateway/checks/verdict.ts';
import { createSchemaCompiler } from '../operator/gateway/checks/json-schema.ts';
import { textOfAnswer } from '../operator/gateway/checks/answer-text.ts';
import { gatherText } from '../operator/gateway/checks/stream-text.ts';
import { createWork } from '../operator/gateway/checks/work.ts';
import { scanObject } from '../operator/gateway/json/scan.ts';
import { median } from './gateway/quantile.ts';
import type { CheckSubject, RouteCheck, WorkflowRoute } from '../operator/routes/types.ts';

const ROUNDS = 7;

/** The median of some rounds, in microseconds for one call. */
function microsecondsOf(calls: number, task: () => unknown): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const startedAt = performance.now();
    for (let i = 0; i < calls; i += 1) task();
    return ((performance.now() - startedAt) * 1000) / calls;
  });
  return median(rounds);
}

const report = (what: string, calls: number, task: () => unknown) =>
  console.log(`${microsecondsOf(calls, task).toFixed(2).padStart(12)} µs  ${what}`);

function scanned(body: object) {
  const bytes = Buffer.from(JSON.stringify(body));
  const object = scanObject(bytes);
  if (!object) throw new Error('expected an object');
  return { bytes, object };
}

const routeWith = (...subjects: CheckSubject[]) => {
  const checks = subjects.map((subject, i): RouteCheck => ({
    name: `c${i}`,
    subject,
    onFail: 'NextModel',
    buffer: 'None',
  }));
  return { checks } as unknown as WorkflowRoute;
};
const chatAnswer = (content: string) =>
  Buffer.from(
    JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] }),
  );

const item = {
  type: 'object',
  required: ['id', 'note'],
  properties: { id: { type: 'integer' }, note: { type: 'string', pattern: '^[A-Z]' } },
};
const schema = { type: 'object', required: ['items'], properties: { items: { type: 'array', items: item } } };
const text = JSON.stringify({
  items: Array.from({ length: 40 }, (_, id) => ({ id, note: `A note of a few words, number ${id}` })),
});
const prose = 'The quick brown fox jumps over the lazy dog. '.repeat(230);
const doubling = Object.fromEntries([
  ['d0', { type: 'string' }],
  ...Array.from({ length: 60 }, (_, i): [string, unknown] => [
    `d${i + 1}`,
    { anyOf: [{ $ref: `#/$defs/d${i}` }, { $ref: `#/$defs/d${i}` }] },
  ]),
]);

const messages = [{ role: 'user', content: 'hi' }];
const plain = scanned({ model: 'any', stream: true, max_tokens: 100, temperature: 0, messages });
const declaring = scanned({
  model: 'any',
  messages,
  response_format: { type: 'json_schema', json_schema: { schema } },
});
const answer = chatAnswer(text);
const checksFor = createChecks();
const work = createWork();
const compiler = createSchemaCompiler(work);
const ofSchema = checksFor(routeWith(), 'chat', declaring);
const ofRegex = checksFor(
  routeWith({ type: 'Regex', pattern: 'sk-[A-Za-z0-9]{20,}', match: 'Forbidden' }),
  'chat',
  plain,
);
const nested = checksFor(routeWith({ type: 'Regex', pattern: '(a+)+$', match: 'Required' }), 'chat', plain);
const bomb = compiler.compile({ $defs: doubling, $ref: '#/$defs/d60' });
const event = {
  raw: Buffer.from('data: {"choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}\n\n'),
};
const bare = routeWith();

report('a request with nothing to judge', 1_000_000, () => checksFor(bare, 'chat', plain));
report(`a request that declares a schema that is known (${JSON.stringify(schema).length} bytes)`, 100_000, () =>
  checksFor(bare, 'chat', declaring),
);
report('a schema that is compiled for the first time', 50, () => compiler.compile(schema));
report(`an answer by that schema (${text.length} bytes)`, 5_000, () =>
  ofSchema?.judge(textOfAnswer('chat', answer, false)),
);
report(`an answer by a pattern (${prose.length} bytes)`, 5_000, () =>
  ofRegex?.judge(textOfAnswer('chat', chatAnswer(prose), false)),
);
report('an event of a stream that will be judged', 100_000, () => gatherText('chat').see(event));
report('100 KB by (a+)+$, which others never finish', 10, () =>
  nested?.judge(textOfAnswer('chat', chatAnswer(`${'a'.repeat(100_000)}!`), false)),
);
report('a schema that would visit itself 2^60 times', 3, () => {
  work.begin();
  return bomb(1);
});
