// The API reference of an entry point, made of its doc comments: docs/api/*.md.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/**
 * The reference as Markdown, under a title. Throws when something cannot be documented, a type that a user meets but cannot
 * import among it; typedoc has then said what.
 */
export async function apiReference(entryPoint: string, title: string): Promise<string> {
  // Loaded only when a reference is made: it brings a compiler.
  const { Application } = await import('typedoc');
  const folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-reference-'));
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    outputs: [{ name: 'markdown', path: folder }],
    entryPoints: [join(ROOT, entryPoint)],
    tsconfig: join(ROOT, 'tsconfig.json'),
    name: title,
    readme: 'none',
    logLevel: 'Warn',
    outputFileStrategy: 'modules',
    excludeExternals: true,
    excludePrivate: true,
    disableSources: true,
    skipErrorChecking: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    indexFormat: 'table',
    interfacePropertiesFormat: 'table',
    parametersFormat: 'table',
    propertyMembersFormat: 'table',
    classPropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
  } as Parameters<typeof Application.bootstrapWithPlugins>[0]);
  const project = await app.convert();
  try {
    if (project) {
      app.validate(project);
      await app.generateOutputs(project);
    }
    if (!project || app.logger.hasErrors() || app.logger.hasWarnings())
      throw new Error(`${entryPoint}: no reference can be made of it`);
    return readFileSync(join(folder, 'README.md'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
