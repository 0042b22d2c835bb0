// A folder of files that change all at once, as the kubelet mounts a Secret: behind a symbolic link that is swapped.
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A mounted Secret. */
export interface Mounted {
  /** Where a file of it is. */
  path(name: string): string;
  /** Replaces all files. */
  show(files: Readonly<Record<string, string>>): void;
  remove(): void;
}

/** Mounts these files. */
export function mount(files: Readonly<Record<string, string>>): Mounted {
  const folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-mounted-'));
  const link = join(folder, '..data');
  const show: Mounted['show'] = (next) => {
    const version = mkdtempSync(join(folder, '..version-'));
    for (const [name, text] of Object.entries(next)) writeFileSync(join(version, name), text);
    symlinkSync(version, `${link}.new`);
    renameSync(`${link}.new`, link);
  };
  show(files);
  return { path: (name) => join(link, name), show, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
