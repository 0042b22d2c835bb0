import tseslint from 'typescript-eslint';

const named = (selector, message) => ({ selector, message });

export default tseslint.config(
  { ignores: ['node_modules/', 'build/', 'test/cluster/controlplane/', 'test/fixtures/'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'max-lines': ['error', 400],
      complexity: ['error', 10],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'no-restricted-globals': ['error', { name: 'fetch', message: 'use undici request: measured four times cheaper' }],
      'no-restricted-syntax': [
        'error',
        named('TSEnumDeclaration', 'use a union of strings'),
        named('ExportAllDeclaration', 'export by name'),
        named('ClassDeclaration[id.name=/(Manager|Service|Helper)$/]', 'name the class for what it does'),
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['operator/decide/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        'fetch',
        'setTimeout',
        'setInterval',
        'process',
        'console',
        'crypto',
        'performance',
      ],
      'no-restricted-syntax': [
        'error',
        named("NewExpression[callee.name='Date'][arguments.length=0]", 'time is an argument: use input.now'),
        named(
          "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          'time is an argument: use input.now',
        ),
        named("CallExpression[callee.object.name='Math'][callee.property.name='random']", 'randomness is an argument'),
        named(':function[async=true]', 'decide is synchronous'),
        named('TSEnumDeclaration', 'use a union of strings'),
        named('ExportAllDeclaration', 'export by name'),
      ],
    },
  },
  {
    // A table of rows reads best whole, and a test may be as long as its table.
    files: ['test/**/*.ts'],
    rules: { complexity: 'off' },
  },
  {
    files: [
      'scripts/**/*.ts',
      'bench/**/*.ts',
      'examples/clients/*.ts',
      'test/cluster/start.ts',
      'test/truth/run.ts',
      'test/python/run.ts',
      'test/package/**/*.ts',
    ],
    rules: { 'no-console': 'off' },
  },
);
