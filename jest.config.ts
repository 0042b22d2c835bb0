import type { Config } from 'jest';

const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/build/'],
} as const;

const needsCluster = ['<rootDir>/test/cluster/**/*.test.ts', '<rootDir>/test/**/*.cluster.test.ts'];

const config: Config = {
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['<rootDir>/test/cluster/', '\\.(cluster|node|pulumi)\\.test\\.ts$', '/node_modules/'],
    },
    {
      ...base,
      displayName: 'cluster',
      testMatch: needsCluster,
      globalSetup: '<rootDir>/test/cluster/global-setup.ts',
      globalTeardown: '<rootDir>/test/cluster/global-teardown.ts',
    },
    { ...base, displayName: 'node', testMatch: ['<rootDir>/test/node/**/*.node.test.ts'] },
    { ...base, displayName: 'pulumi', testMatch: ['<rootDir>/test/**/*.pulumi.test.ts'] },
  ],
};

// Jest reads its configuration from a default export.
// eslint-disable-next-line no-restricted-exports
export default config;
