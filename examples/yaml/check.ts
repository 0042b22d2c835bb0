// Every manifest of this folder is one that the operator takes as it stands.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseWorkflow } from 'mcpworkflow';
import { parse } from 'yaml';

const files = globSync('*.yaml', { cwd: import.meta.dirname }).sort();
assert.ok(files.length >= 2, `expected the manifests of this folder, found ${files.join(', ')}`);
for (const file of files) {
  const result = parseWorkflow(parse(readFileSync(join(import.meta.dirname, file), 'utf8')), { strict: true });
  assert.deepEqual(result.ok ? [] : result.errors, [], file);
}
