// `npm run package:accept`: what the package is now is what it is meant to be.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accepted, writeAccepted } from './accepted.ts';
import { pack } from './packed.ts';

const folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-accept-'));
try {
  writeAccepted(accepted(await pack(folder)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
