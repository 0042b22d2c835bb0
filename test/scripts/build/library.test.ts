import { describe, expect, it } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import { lazyCommonJs, publishedImports } from '../../../scripts/build/library.ts';

describe('imports in a published declaration', () => {
  it.each([
    ['an export from a neighbour', "export { a } from './a.ts';", "export { a } from './a.js';"],
    ['a type from another folder', "import type { B } from '../api/b.ts';", "import type { B } from '../api/b.js';"],
    ['a type inside a declaration', "declare const c: import('./c.ts').C;", "declare const c: import('./c.js').C;"],
    ['a package is left as it is', "import { z } from 'zod';", "import { z } from 'zod';"],
    ['a string that is no import is left as it is', "declare const d = './d.ts';", "declare const d = './d.ts';"],
    [
      'each of several on a line',
      "import('./e.ts').E | import('../f/g.ts').G",
      "import('./e.js').E | import('../f/g.js').G",
    ],
  ])('%s', (_name, declaration, expected) => {
    expect(publishedImports(declaration)).toBe(expected);
  });
});

describe('a published source', () => {
  const code = lazyCommonJs(
    "import { a } from './a.ts';\nimport type { B } from './b.ts';\nexport const f = (b: B) => a(b);\nexport { c } from 'c';\n",
    'f.ts',
  );
  /** Runs it; returns what it exports. */
  const load = (require: (name: string) => unknown) => {
    const exports = {};
    runInNewContext(code, { exports, require });
    return exports as { readonly f: (b: number) => number; readonly c: number };
  };

  it('imports something when it is used first, by its published name, and once', () => {
    const asked: string[] = [];
    const { f } = load((name) => {
      asked.push(name);
      return { a: (b: number) => b + 1 };
    });
    expect(asked).toEqual([]);
    expect([f(1), f(2)]).toEqual([2, 3]);
    expect(asked).toEqual(['./a.js']);
  });

  it('passes on what it exports from others', () => {
    expect(load(() => ({ c: 3 })).c).toBe(3);
  });

  it('tells ES modules which names it exports', () => {
    expect(code).toMatch(/0 && \(module\.exports = \{\s*f: null,\s*c: null\s*\}\)|c: null,\s*f: null/);
  });
});
