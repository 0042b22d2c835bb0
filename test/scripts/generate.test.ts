import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stale } from '../../scripts/generate.ts';

describe('generate --check', () => {
  let folder = '';
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'mcpworkflow-generate-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const one = { path: 'one.txt', content: () => 'one\n' };
  const two = { path: 'two.txt', content: () => 'two\n' };

  it('names the files that differ or are missing, and no other', async () => {
    await writeFile(join(folder, 'one.txt'), 'one\n');
    expect(await stale(folder, [one, two])).toEqual(['two.txt']);
    await writeFile(join(folder, 'one.txt'), 'one');
    expect(await stale(folder, [one, two])).toEqual(['one.txt', 'two.txt']);
  });
});
