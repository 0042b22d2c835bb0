// A Python that has the official clients: installed from PyPI into a folder of its own under node_modules, once for each set
// of versions.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const requirements = join(here, 'requirements.txt');

/** Its executable. Throws with what to do when there is no Python. */
export function python(): string {
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(here, '../../node_modules/.cache/mcpworkflow-python', version);
  const executable = join(folder, 'bin/python');
  if (existsSync(executable)) return executable;
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  try {
    execFileSync('python3', ['-m', 'venv', unfinished], { stdio: 'inherit' });
  } catch (cause) {
    throw new Error('expected python3 with its venv module (Debian: apt-get install python3-venv)', { cause });
  }
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  execFileSync(join(unfinished, 'bin/python'), pip, { stdio: 'inherit' });
  renameSync(unfinished, folder);
  return executable;
}
