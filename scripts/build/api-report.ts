// What each entry point promises, as one file that a reviewer sees change: etc/*.api.md, made by API Extractor from the published
// declarations.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import type { ExtractorMessage, IExtractorMessagesConfig } from '@microsoft/api-extractor';
import { PACKAGE, rootManifest } from './root-manifest.ts';

/** The promise of one entry point. */
export interface ApiReport {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
}

const compilerOptions = {
  target: 'ES2024',
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  strict: true,
  skipLibCheck: true,
  types: [],
};

const LEVELS: IExtractorMessagesConfig = {
  compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
  extractorMessageReporting: {
    default: { logLevel: ExtractorLogLevel.Error },
    // Everything that is exported is public.
    'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
    // The schemas are public, the schemas that they are made of are not.
    'ae-forgotten-export': { logLevel: ExtractorLogLevel.None },
    'ae-undocumented': { logLevel: ExtractorLogLevel.None },
  },
  // Comments are written for typedoc.
  tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
};

function configOf(declaration: string, folder: string): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: PACKAGE,
      mainEntryPointFilePath: declaration,
      compiler: { overrideTsconfig: { compilerOptions, include: ['lib'] } },
      apiReport: { enabled: true, reportFolder: folder, reportTempFolder: folder, reportFileName: 'report.api.md' },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: LEVELS,
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(PACKAGE, 'package.json'),
  });
}

function reportOf(title: string, declaration: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-report-'));
  const wrong: string[] = [];
  const take = (message: ExtractorMessage): void => {
    message.handled = true;
    if (message.logLevel === ExtractorLogLevel.Error) wrong.push(message.formatMessageWithoutLocation());
  };
  try {
    const { errorCount } = Extractor.invoke(configOf(declaration, folder), {
      localBuild: true,
      messageCallback: take,
    });
    if (errorCount > 0) throw new Error(`${declaration}:\n${wrong.join('\n')}`);
    const text = readFileSync(join(folder, 'report.api.md'), 'utf8').replaceAll('\r\n', '\n');
    return text.replace(/^## API Report File for "[^"]*"/, `## API Report File for "${title}"`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The reports of every entry point of the package that was built. Throws when one cannot be made. */
export function apiReports(): readonly ApiReport[] {
  const { name, exports } = rootManifest();
  return Object.entries(exports)
    .filter(([, source]) => source.endsWith('.ts'))
    .map(([path, source]) => {
      const title = path === '.' ? name : `${name}${path.slice(1)}`;
      const declaration = join(PACKAGE, source.replace(/\.ts$/, '.d.ts'));
      return { path: `etc/${title.replaceAll('/', '-')}.api.md`, text: reportOf(title, declaration) };
    });
}
