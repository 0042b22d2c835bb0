// The programs of a control plane.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The programs, in the order in which they are built. */
export const programs = ['etcd', 'kube-apiserver', 'kubectl'] as const;

/** One of the programs. */
export type Program = (typeof programs)[number];

/** The programs that a folder lacks. */
export function missingIn(folder: string): readonly Program[] {
  return programs.filter((program) => !existsSync(join(folder, program)));
}
