import { describe, expect, it } from '@jest/globals';
import { withSnippets } from '../../scripts/generate/snippets.ts';

const files: Readonly<Record<string, string>> = {
  'a.ts': '// What it is.\n\nrun();\n\nend();\n',
  'a.yaml': 'kind: Thing\n',
};
const read = (path: string) => {
  const text = files[path];
  if (text === undefined) throw new Error(`there is no ${path}`);
  return text;
};

describe('snippets of a document', () => {
  it.each([
    [
      'a block is replaced by the file, without its opening comment',
      '<!-- snippet: a.ts -->\n\n```ts\nold();\n```\n\nText.\n',
      '<!-- snippet: a.ts -->\n\n```ts\nrun();\n\nend();\n```\n\nText.\n',
    ],
    [
      'a mark without a block gets one',
      'Before.\n\n<!-- snippet: a.yaml -->\n\nAfter.\n',
      'Before.\n\n<!-- snippet: a.yaml -->\n\n```yaml\nkind: Thing\n```\n\nAfter.\n',
    ],
    [
      'two marks are filled one by one',
      '<!-- snippet: a.yaml -->\n\n```yaml\nx\n```\n\n<!-- snippet: a.ts -->\n\n```ts\ny\n```\n',
      '<!-- snippet: a.yaml -->\n\n```yaml\nkind: Thing\n```\n\n<!-- snippet: a.ts -->\n\n```ts\nrun();\n\nend();\n```\n',
    ],
    ['a block without a mark stays', '```ts\nmine();\n```\n', '```ts\nmine();\n```\n'],
  ])('%s', (_name, before, after) => {
    const once = withSnippets(before, read);
    expect(once).toBe(after);
    expect(withSnippets(once, read)).toBe(after);
  });

  it('a file that is not there is an error that names it', () => {
    expect(() => withSnippets('<!-- snippet: gone.ts -->\n', read)).toThrow('there is no gone.ts');
  });
});
