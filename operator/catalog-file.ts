// The provider catalog as a file that may change at any time, and the one that is built in when there is no file.
import { catalogSchema } from '../lib/api/catalog.ts';
import type { Catalog } from '../lib/api/catalog.ts';
import { parseCatalog } from '../lib/api/parse.ts';
import type { Clock } from './clock.ts';
import { InvalidFileError } from './file-problem.ts';
import type { FileProblem } from './file-problem.ts';
import { lookAt, readTextFile, watchText } from './watched-text.ts';
import type { Look, ReadText } from './watched-text.ts';
import { problemsIn, readYaml } from './yaml-lines.ts';

/** The catalog as it is now. */
export interface CatalogSource {
  current(): Catalog;
  stop(): void;
}

/** What following a catalog file needs. */
export interface CatalogPorts {
  readonly clock: Clock;
  /** A new catalog is in use. */
  readonly onChange: (catalog: Catalog) => void;
  /** The file is bad now; the last good catalog stays in use. */
  readonly onError: (problems: readonly FileProblem[]) => void;
  readonly read?: ReadText;
  /** How often the file is read. Default 1000. */
  readonly everyMs?: number;
}

type Result =
  { readonly ok: true; readonly catalog: Catalog } | { readonly ok: false; readonly problems: readonly FileProblem[] };

const EXPECTED = 'expected one document with a list `providers:`';

function parse(file: string, look: Look): Result {
  if (look.kind === 'unreadable') return { ok: false, problems: [{ file, message: `cannot be read: ${look.why}` }] };
  const { documents, problems } = readYaml(file, look.text);
  if (problems.length > 0) return { ok: false, problems };
  const [document, second] = documents;
  if (!document || second) return { ok: false, problems: [{ file, message: EXPECTED }] };
  const parsed = parseCatalog(document.value);
  if (parsed.ok) return { ok: true, catalog: parsed.catalog };
  return { ok: false, problems: problemsIn(file, document, parsed.errors) };
}

/** Reads the catalog and follows the file. Throws InvalidFileError when the file is bad at the start. */
export function watchCatalog(file: string, ports: CatalogPorts): CatalogSource {
  const read = ports.read ?? readTextFile;
  const first = lookAt(file, read);
  const result = parse(file, first);
  if (!result.ok) throw new InvalidFileError(result.problems);
  let catalog = result.catalog;
  const watch = watchText(file, {
    clock: ports.clock,
    read,
    everyMs: ports.everyMs ?? 1_000,
    first,
    onChange(look) {
      const next = parse(file, look);
      if (!next.ok) return ports.onError(next.problems);
      catalog = next.catalog;
      ports.onChange(catalog);
    },
  });
  return { current: () => catalog, stop: () => watch.stop() };
}

/** What serves without a catalog file. A missing key matters only where a workflow needs it. */
export function builtInCatalog(): Catalog {
  return catalogSchema.parse({
    providers: [
      {
        name: 'anthropic',
        protocol: 'Anthropic',
        baseURL: 'https://api.anthropic.com',
        models: ['claude-*'],
        auth: { env: 'ANTHROPIC_API_KEY' },
      },
      {
        name: 'openai',
        protocol: 'OpenAI',
        baseURL: 'https://api.openai.com/v1',
        models: ['gpt-*', 'o*'],
        auth: { env: 'OPENAI_API_KEY' },
        reasoning: ['o*', 'gpt-5*'],
      },
    ],
  });
}
