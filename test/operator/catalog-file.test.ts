import { describe, expect, it } from '@jest/globals';
import type { Catalog } from '../../lib/api/catalog.ts';
import { builtInCatalog, watchCatalog } from '../../operator/catalog-file.ts';
import { formatProblem, InvalidFileError } from '../../operator/file-problem.ts';
import type { FileProblem } from '../../operator/file-problem.ts';
import { steppedClock } from '../fakes/clock.ts';

const GOOD = `providers:
- name: anthropic
  protocol: Anthropic
  baseURL: https://api.anthropic.com
  models: ["claude-*"]
  auth: {env: ANTHROPIC_API_KEY}
`;

function setup(first: string | undefined) {
  const clock = steppedClock();
  const file: { text: string | undefined } = { text: first };
  const changes: Catalog[] = [];
  const errors: (readonly FileProblem[])[] = [];
  const read = (path: string) => {
    if (file.text === undefined) throw Object.assign(new Error(`ENOENT ${path}`), { code: 'ENOENT' });
    return file.text;
  };
  const start = () =>
    watchCatalog('/c/providers.yaml', {
      clock,
      read,
      onChange: (catalog) => changes.push(catalog),
      onError: (problems) => errors.push(problems),
    });
  return { clock, file, changes, errors, start };
}

const problemsOf = (start: () => unknown): readonly string[] => {
  try {
    start();
    return [];
  } catch (error) {
    if (!(error instanceof InvalidFileError)) throw error;
    return error.problems.map(formatProblem);
  }
};

describe('a catalog file', () => {
  it('is read with its defaults', () => {
    const source = setup(GOOD).start();
    expect(source.current().providers[0]).toMatchObject({
      name: 'anthropic',
      canary: { maxTokens: 64, maxPerHour: 240 },
    });
    source.stop();
  });

  const BAD: readonly (readonly [string, string | undefined, RegExp])[] = [
    ['a file that is not there', undefined, /^\/c\/providers\.yaml: cannot be read: there is no such file$/],
    ['an empty file', '', /must be|expected/],
    ['no YAML', 'providers: [', /^\/c\/providers\.yaml:\d+: this is no valid YAML/],
    [
      'a wrong protocol',
      GOOD.replace('Anthropic\n', 'Antropic\n'),
      /^\/c\/providers\.yaml:3: providers\[0\]\.protocol: must be one of Anthropic, OpenAI/,
    ],
    [
      'an unknown field',
      `${GOOD}  colour: red\n`,
      /^\/c\/providers\.yaml:7: providers\[0\]\.colour: is not a field here/,
    ],
    ['two documents', `${GOOD}---\n${GOOD}`, /expected one document/],
  ];
  it.each(BAD)('%s is told at the start with its place', (_name, text, expected) => {
    expect(problemsOf(setup(text).start)).toEqual([expect.stringMatching(expected)]);
  });

  // proves last-good-state-serves
  it('a good edit replaces it, a bad edit keeps the last good one and says so once, and the mended file is taken again', async () => {
    const { clock, file, changes, errors, start } = setup(GOOD);
    const source = start();
    file.text = GOOD.replace('name: anthropic', 'name: other');
    await clock.advance(1_000);
    expect(source.current().providers[0]?.name).toBe('other');
    expect(changes).toHaveLength(1);

    file.text = 'providers: 7';
    await clock.advance(10_000);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.[0]).toMatchObject({ line: 1, field: 'providers' });
    expect(source.current().providers[0]?.name).toBe('other');

    file.text = undefined;
    await clock.advance(1_000);
    expect(errors).toHaveLength(2);
    file.text = GOOD;
    await clock.advance(1_000);
    expect(source.current().providers[0]?.name).toBe('anthropic');
    source.stop();
    expect(clock.pending()).toBe(0);
  });
});

describe('the built-in catalog', () => {
  it('serves claude-*, gpt-* and o* from where the official SDKs would ask', () => {
    expect(builtInCatalog().providers.map(({ baseURL, models, auth }) => ({ baseURL, models, auth }))).toEqual([
      { baseURL: 'https://api.anthropic.com', models: ['claude-*'], auth: { env: 'ANTHROPIC_API_KEY' } },
      { baseURL: 'https://api.openai.com/v1', models: ['gpt-*', 'o*'], auth: { env: 'OPENAI_API_KEY' } },
    ]);
  });
});
