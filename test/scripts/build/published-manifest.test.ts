import { describe, expect, it } from '@jest/globals';
import { publishedManifest } from '../../../scripts/build/published-manifest.ts';
import type { RootManifest } from '../../../scripts/build/root-manifest.ts';

const root = (more: Partial<RootManifest> = {}): RootManifest => ({
  name: 'somebody',
  version: '1.2.3',
  private: true,
  type: 'module',
  scripts: { postinstall: 'echo' },
  devDependencies: { jest: '30.0.0' },
  dependencies: { zod: '4.0.0' },
  exports: { '.': './lib/api/index.ts', './cdk8s': './lib/cdk8s/index.ts', './crds/*': './crds/*' },
  ...more,
});

describe('the published package.json', () => {
  const made = publishedManifest(root());

  it('has nothing that is run at an installation, nothing of the tools, and is not private', () => {
    for (const member of ['scripts', 'devDependencies', 'private']) expect(made).not.toHaveProperty(member);
  });

  it('has the name, version and dependencies of the repository', () => {
    expect(made).toMatchObject({ name: 'somebody', version: '1.2.3', dependencies: { zod: '4.0.0' } });
  });

  it('names what is compiled where the repository names a source', () => {
    expect(made['exports']).toEqual({
      '.': { types: './lib/api/index.d.ts', default: './lib/api/index.js' },
      './cdk8s': { types: './lib/cdk8s/index.d.ts', default: './lib/cdk8s/index.js' },
      './crds/*': './crds/*',
    });
  });

  it('tells a resolver that knows no exports where the types of each entry point are', () => {
    expect(made).toMatchObject({ main: './lib/api/index.js', types: './lib/api/index.d.ts' });
    expect(made['typesVersions']).toEqual({ '*': { cdk8s: ['lib/cdk8s/index.d.ts'] } });
  });

  it('cannot be made without an entry point, and the error names the member', () => {
    expect(() => publishedManifest(root({ exports: { './cdk8s': './lib/cdk8s/index.ts' } }))).toThrow(
      'package.json: exports["."] must be a source below ./lib, and is ""',
    );
  });
});
