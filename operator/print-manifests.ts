// The `manifests` command: prints as YAML what the constructs make of the same options.
import { stringify } from 'yaml';
import type { FieldError } from '../lib/api/field-errors.ts';
import { crdManifest } from '../lib/manifests/crd.ts';
import type { Manifest } from '../lib/manifests/manifest.ts';
import { PlatformOptionsError } from '../lib/manifests/options-error.ts';
import { platformManifests } from '../lib/manifests/platform.ts';
import type { PlatformOptions } from '../lib/manifests/platform-options.ts';
import type { ManifestsConfig } from './config.ts';
import { SetupError } from './errors.ts';
import { formatProblem, InvalidFileError } from './file-problem.ts';
import { lookAt, readTextFile } from './watched-text.ts';
import type { ReadText } from './watched-text.ts';
import { problemsIn, readYaml } from './yaml-lines.ts';
import type { YamlDocument } from './yaml-lines.ts';

/** Options by name, before anybody has looked at what they are. */
type Options = Readonly<Record<string, unknown>>;

/** Where some of the options were written. */
interface Source {
  readonly options: Options;
  /** What is wrong with one of them, as a line to print. */
  problem(error: FieldError): string;
}

const isOptions = (value: unknown): value is Options =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The one document of a file. */
function readDocument(file: string, expected: string, read: ReadText): YamlDocument & { readonly value: Options } {
  const look = lookAt(file, read);
  if (look.kind === 'unreadable') throw new InvalidFileError([{ file, message: `cannot be read: ${look.why}` }]);
  const { documents, problems } = readYaml(file, look.text);
  if (problems.length > 0) throw new InvalidFileError(problems);
  const [document, second] = documents;
  if (!document || second || !isOptions(document.value)) throw new InvalidFileError([{ file, message: expected }]);
  return { ...document, value: document.value };
}

function fromFile(file: string, expected: string, read: ReadText): Source {
  const document = readDocument(file, expected, read);
  return {
    options: document.value,
    problem: (error) => problemsIn(file, document, [error]).map(formatProblem).join('\n'),
  };
}

function fromProvidersFile(file: string, read: ReadText): Source {
  const expected = 'expected one document with a list `providers:` and nothing else';
  const source = fromFile(file, expected, read);
  const [name, ...more] = Object.keys(source.options);
  if (name !== 'providers' || more.length > 0) throw new InvalidFileError([{ file, message: expected }]);
  return source;
}

function fromFlags({ namespace, image }: ManifestsConfig): Source {
  return {
    options: { ...(namespace !== undefined && { namespace }), ...(image !== undefined && { image }) },
    problem: ({ path, message }) => `error: --${path} ${message}`,
  };
}

/** Later ones win. */
function sourcesOf(config: ManifestsConfig, read: ReadText): readonly Source[] {
  const { options, providers } = config;
  return [
    ...(options === undefined ? [] : [fromFile(options, 'expected one document with options', read)]),
    ...(providers === undefined ? [] : [fromProvidersFile(providers, read)]),
    fromFlags(config),
  ];
}

/** Throws a SetupError that says where each wrong option was written. */
function manifestsOf(sources: readonly Source[]): readonly Manifest[] {
  const options = Object.assign({}, ...sources.map((source) => source.options)) as PlatformOptions;
  try {
    return Object.values(platformManifests(options));
  } catch (error) {
    if (!(error instanceof PlatformOptionsError)) throw error;
    const lines = error.problems.map((problem) => {
      const source = sources.findLast(({ options }) => Object.hasOwn(options, String(problem.segments[0])));
      return (source ?? sources[0])?.problem(problem) ?? problem.message;
    });
    throw new SetupError(lines.join('\n'));
  }
}

const yaml = (manifest: Manifest): string => stringify(manifest, { aliasDuplicateObjects: false, lineWidth: 0 });

/** Prints the manifests, in the order in which they may be applied. Throws a SetupError when the options are wrong. */
export function printManifests(
  config: ManifestsConfig,
  stdout: { write(text: string): unknown },
  read: ReadText = readTextFile,
): void {
  const platform = manifestsOf(sourcesOf(config, read));
  stdout.write([...(config.crd ? [crdManifest()] : []), ...platform].map(yaml).join('---\n'));
}
