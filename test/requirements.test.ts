import { describe, expect, it } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REQUIREMENTS } from './requirements.ts';

const here = import.meta.dirname;
const files = globSync('**/*.test.ts', { cwd: here }).filter((file) => file !== 'requirements.test.ts');

/** Every `// proves a, b` in the tests, with the line below it. */
const proofs = files.flatMap((file) => {
  const lines = readFileSync(join(here, file), 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    const ids = /^\s*\/\/ proves (.+)$/.exec(line)?.[1]?.split(', ') ?? [];
    return ids.map((id) => ({ id, place: `${file}:${index + 1}`, below: lines[index + 1] ?? '' }));
  });
});

describe('what is promised', () => {
  it.each(Object.entries(REQUIREMENTS))('%s: %s', (id) => {
    expect(proofs.filter((proof) => proof.id === id)).not.toEqual([]);
  });

  it('is all that tests prove', () => {
    expect(proofs.filter(({ id }) => !Object.hasOwn(REQUIREMENTS, id))).toEqual([]);
  });

  it('is cited right above the test that proves it', () => {
    expect(proofs.filter(({ below }) => !/^\s*(it|describe)\b/.test(below)).map(({ place }) => place)).toEqual([]);
  });
});
