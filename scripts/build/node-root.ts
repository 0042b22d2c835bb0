// The files that Node needs to run, in a folder that can be the whole of an image: `node node-root.ts FOLDER`. It copies the Node
// that runs it and the libraries that this one has loaded, so it works in any base and for any processor.
import { chmodSync, copyFileSync, cpSync, globSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Libraries that this process has loaded. The first is the kernel's own and no file. */
function libraries(): readonly string[] {
  // Else it asks the DNS for every address that it is connected to. Types of Node do not know it yet.
  Object.assign(process.report, { excludeNetwork: true });
  const { sharedObjects } = process.report.getReport() as unknown as { readonly sharedObjects: readonly string[] };
  return sharedObjects.filter((path) => path.startsWith('/'));
}

/** Where the official Node image and Debian keep the terms of what is copied. */
const TERMS = ['/usr/local/LICENSE', '/usr/share/doc/{libc6,libgcc-s1,libstdc++6,gcc-*-base}/copyright'];

const USER = 'nonroot:x:65532:65532::/nonexistent:/nonexistent';

/** Who may be looked up, and how: without the last one, names of /etc/hosts are found only when the DNS is dead. */
const ETC = {
  passwd: `root:x:0:0:root:/root:/nonexistent\n${USER}\n`,
  group: 'root:x:0:\nnonroot:x:65532:\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
};

function place(root: string, from: string, to: string = from): void {
  mkdirSync(join(root, dirname(to)), { recursive: true });
  copyFileSync(from, join(root, to));
}

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error('usage: node node-root.ts FOLDER');
place(root, process.execPath, `/usr/local/bin/${basename(process.execPath)}`);
for (const path of libraries()) place(root, path);
for (const path of TERMS.flatMap((pattern) => globSync(pattern))) cpSync(path, join(root, path), { recursive: true });
mkdirSync(join(root, 'etc'), { recursive: true });
for (const [name, text] of Object.entries(ETC)) writeFileSync(join(root, 'etc', name), text);
mkdirSync(join(root, 'tmp'), { recursive: true });
// Not with `mode`: the umask would take its part.
chmodSync(join(root, 'tmp'), 0o1777);
