import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Metafile } from 'esbuild';
import { bundledFolders, isAllowed, noticesText, thirdParties } from '../../../scripts/build/third-party.ts';

const metafile = (...inputs: readonly (readonly [string, number])[]): Metafile => ({
  inputs: {},
  outputs: {
    'bin/x.mjs': {
      bytes: 0,
      imports: [],
      exports: [],
      inputs: Object.fromEntries(inputs.map(([path, bytesInOutput]) => [path, { bytesInOutput }])),
    },
  },
});

const root = mkdtempSync(join(tmpdir(), 'third-party-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('a licence', () => {
  it.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0)', true],
    ['GPL-3.0 OR ISC', true],
    ['MIT AND Apache-2.0', true],
    ['MIT AND GPL-3.0', false],
    ['GPL-3.0', false],
    ['SEE LICENSE IN LICENSE.txt', false],
    ['', false],
  ])('%j may be bundled: %s', (expression, allowed) => expect(isAllowed(expression)).toBe(allowed));
});

describe('whose code is in the bundle', () => {
  it('are the packages that bytes were taken from, each once, a package inside another one too', () => {
    const folders = bundledFolders(
      metafile(
        ['operator/main.ts', 10],
        ['node_modules/zod/index.js', 10],
        ['node_modules/zod/v4/core.js', 10],
        ['node_modules/@fastify/error/index.js', 10],
        ['node_modules/a/node_modules/@b/c/index.js', 10],
        ['node_modules/looked-at-only/index.js', 0],
      ),
    );
    expect(folders).toEqual(['node_modules/@fastify/error', 'node_modules/a/node_modules/@b/c', 'node_modules/zod']);
  });

  it('is told with version, licence and its text', () => {
    const [zod] = thirdParties(metafile(['node_modules/zod/index.js', 1]));
    expect(zod).toMatchObject({ name: 'zod', license: 'MIT', version: expect.stringMatching(/^4\./) });
    expect(zod?.texts.join()).toContain('Permission is hereby granted');
  });

  it('stops the build when nobody has allowed the licence', () => {
    const folder = 'node_modules/strange';
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, 'package.json'), '{"name":"strange","version":"1.0.0","license":"Proprietary"}');
    expect(() => thirdParties(metafile([`${folder}/index.js`, 1]), root)).toThrow('strange 1.0.0 (Proprietary)');
  });
});

describe('the notices', () => {
  it('have a text once that several packages brought, below all their names', () => {
    const each = (name: string, text: string) => ({ name, version: '1.0.0', license: 'MIT', texts: [text] });
    const text = noticesText([each('a', 'the same'), each('b', 'another'), each('c', 'the same')]);
    expect(text.match(/the same/g)).toHaveLength(1);
    expect(text).toContain('a 1.0.0 (MIT)\nc 1.0.0 (MIT)\n\nthe same');
  });
});
