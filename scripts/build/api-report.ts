// What each entry point promises, as one file that a reviewer sees change: etc/*.api.md, made from the published declarations. Every
// declaration is there that a user can reach, without its comments; those without a name for users come last.
import { join } from 'node:path';
import ts from 'typescript';
import { PACKAGE, rootManifest } from './root-manifest.ts';

/** The promise of one entry point. */
export interface ApiReport {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  skipLibCheck: true,
  types: [],
};

/** The symbol that an export or an import stands for. */
const original = (checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

/** A declaration that stands by itself: of a variable, its whole statement. */
const statementOf = (declaration: ts.Declaration): ts.Node =>
  ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;

/** All that is declared in `folder` and named somewhere inside a node. */
function named(checker: ts.TypeChecker, node: ts.Node, folder: string): readonly ts.Symbol[] {
  const found: ts.Symbol[] = [];
  const visit = (inner: ts.Node): void => {
    const symbol = ts.isIdentifier(inner) ? checker.getSymbolAtLocation(inner) : undefined;
    if (symbol) found.push(original(checker, symbol));
    ts.forEachChild(inner, visit);
  };
  visit(node);
  return found.filter((symbol) => declarationsOf(symbol, folder).length > 0);
}

/** Those at the top level of a file below `folder`; members and parameters belong to what they are in. */
const declarationsOf = (symbol: ts.Symbol, folder: string): readonly ts.Node[] =>
  (symbol.declarations ?? [])
    .map(statementOf)
    .filter(
      (node) =>
        !ts.isSourceFile(node) && ts.isSourceFile(node.parent) && node.getSourceFile().fileName.startsWith(folder),
    );

/** Everything that can be reached from the exports, each by the name that a report has for it. */
function reachable(checker: ts.TypeChecker, source: ts.SourceFile, folder: string): ReadonlyMap<ts.Symbol, string> {
  const module = checker.getSymbolAtLocation(source);
  const exports = module ? checker.getExportsOfModule(module) : [];
  const names = new Map<ts.Symbol, string>(exports.map((each) => [original(checker, each), `export ${each.name}`]));
  // A map may grow while it is walked: what is found on the way is walked too.
  for (const symbol of names.keys()) {
    for (const node of declarationsOf(symbol, folder)) {
      for (const next of named(checker, node, folder)) if (!names.has(next)) names.set(next, next.name);
    }
  }
  return names;
}

const HIDDEN = '// not exported\n';

/** What users have a name for comes first; then by the text, which begins with what it is. */
const inOrder = (a: string, b: string): number =>
  Number(a.startsWith(HIDDEN)) - Number(b.startsWith(HIDDEN)) || (a < b ? -1 : 1);

/** The report of one file of declarations, whose neighbours are below `folder`. Throws when a part cannot be found. */
export function apiReport(name: string, declaration: string, folder: string): string {
  const program = ts.createProgram([declaration], OPTIONS);
  const source = program.getSourceFile(declaration);
  if (!source) throw new Error(`${declaration}: there is no such file; build the package first`);
  const checker = program.getTypeChecker();
  const printer = ts.createPrinter({ removeComments: true });
  const sections = [...reachable(checker, source, folder)].map(([symbol, title]) => {
    const nodes = declarationsOf(symbol, folder);
    if (nodes.length === 0)
      throw new Error(`${declaration}: ${title} cannot be found; is what it comes from installed?`);
    return nodes
      .map((node) => printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile()))
      .map((text) => (title.startsWith('export ') ? text : `${HIDDEN}${text.replace(/^export /, '')}`))
      .join('\n');
  });
  const text = [...new Set(sections)].sort(inOrder).join('\n\n');
  return `# ${name}\n\nWhat a user can reach. Made by \`npm run package:accept\`.\n\n\`\`\`ts\n${text}\n\`\`\`\n`;
}

/** The reports of every entry point of the package that was built. */
export function apiReports(): readonly ApiReport[] {
  const { name, exports } = rootManifest();
  return Object.entries(exports)
    .filter(([, source]) => source.endsWith('.ts'))
    .map(([path, source]) => {
      const declaration = join(PACKAGE, source.replace(/\.ts$/, '.d.ts'));
      const title = path === '.' ? name : `${name}${path.slice(1)}`;
      return {
        path: `etc/${title.replaceAll('/', '-')}.api.md`,
        text: apiReport(title, declaration, join(PACKAGE, 'lib')),
      };
    });
}
