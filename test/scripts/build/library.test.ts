import { describe, expect, it } from '@jest/globals';
import { publishedImports } from '../../../scripts/build/library.ts';

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
