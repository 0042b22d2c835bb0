import { describe, expect, it } from '@jest/globals';
import { bundledSbom } from '../../../scripts/build/sbom.ts';
import type { Sbom } from '../../../scripts/build/sbom.ts';

const component = (name: string) => ({
  'bom-ref': `${name}@1.0.0`,
  name,
  version: '1.0.0',
  purl: `pkg:npm/${name}@1.0.0`,
  properties: [{ name: 'cdx:npm:package:development', value: 'true' }],
});

/** As npm says it: the tools of the repository and the program's packages, all in one. */
const npm: Sbom = {
  bomFormat: 'CycloneDX',
  serialNumber: 'urn:uuid:1',
  metadata: { timestamp: '2026-01-01T00:00:00Z', component: { ...component('self'), type: 'library' } },
  components: [component('undici'), component('jest'), component('ws')],
  dependencies: [
    { ref: 'self@1.0.0', dependsOn: ['undici@1.0.0', 'jest@1.0.0'] },
    { ref: 'undici@1.0.0', dependsOn: ['ws@1.0.0'] },
    { ref: 'jest@1.0.0', dependsOn: ['ws@1.0.0'] },
    { ref: 'ws@1.0.0' },
  ],
};

const bundled = (...names: readonly string[]) =>
  names.map((name) => ({ name, version: '1.0.0', license: 'MIT', texts: [] }));

describe('the list of what is in the program', () => {
  const made = bundledSbom(npm, bundled('undici', 'ws'));

  it('has the bundled packages and no tool', () => {
    expect(made.components.map(({ name }) => name)).toEqual(['undici', 'ws']);
    expect(made.dependencies).toEqual([
      { ref: 'self@1.0.0', dependsOn: ['undici@1.0.0'] },
      { ref: 'undici@1.0.0', dependsOn: ['ws@1.0.0'] },
      { ref: 'ws@1.0.0', dependsOn: [] },
    ]);
  });

  it('is of an application, and the same whenever it is made', () => {
    expect(made.metadata.component).toMatchObject({ type: 'application', name: 'mcpworkflow' });
    expect(JSON.stringify(made)).not.toMatch(/timestamp|urn:uuid|development/);
  });

  it('is not made when a bundled package is in no lock file', () => {
    expect(() => bundledSbom(npm, bundled('undici', 'stranger'))).toThrow('stranger@1.0.0; run npm ci');
  });
});
