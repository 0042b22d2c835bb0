// Code in documents comes from files that are compiled and run. A document marks where:
//
//   <!-- snippet: examples/cdk8s/01-minimal/main.ts -->
//
// and the fenced block behind the mark is that file, without its opening comment.
import { extname } from 'node:path';

const SNIPPET = /^<!-- snippet: (\S+) -->\n(?:\n```[^\n]*\n[\s\S]*?\n```\n)?/gm;

const LANGUAGES: Readonly<Record<string, string>> = { '.ts': 'ts', '.py': 'python', '.yaml': 'yaml', '.sh': 'sh' };

/**
 * The document with every marked block as its file is now. `read` gives the text of a file by its path in the repository and
 * throws when there is none.
 */
export function withSnippets(markdown: string, read: (path: string) => string): string {
  return markdown.replace(SNIPPET, (_whole, path: string) => {
    const code = withoutOpeningComment(read(path)).trim();
    return `<!-- snippet: ${path} -->\n\n\`\`\`${LANGUAGES[extname(path)] ?? ''}\n${code}\n\`\`\`\n`;
  });
}

/** The document speaks for itself where the file has to introduce itself. */
function withoutOpeningComment(code: string): string {
  return code.replace(/^(?:(?:\/\/|#)[^\n]*\n)+\n?/, '');
}
