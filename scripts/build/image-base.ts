// `npm run image:base [-- --tag NAME]`: a base for the image from the Node of this repository and the libraries of this machine,
// for machines that can pull no image. What is published is built on the base that operator/Dockerfile names.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { imageBuilder } from './image-builder.ts';
import { ROOT } from './root-manifest.ts';

const { values } = parseArgs({
  options: {
    tag: { type: 'string', default: 'localhost/mcpworkflow-node:24' },
    'storage-driver': { type: 'string', default: process.env['STORAGE_DRIVER'] ?? 'vfs' },
  },
});

const builder = imageBuilder(values['storage-driver']);
const folder = join(ROOT, 'build/node-root');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
execFileSync(process.execPath, [join(import.meta.dirname, 'node-root.ts'), join(folder, 'files')], {
  stdio: 'inherit',
});
const dockerfile = join(folder, 'Dockerfile');
writeFileSync(dockerfile, 'FROM scratch\nCOPY build/node-root/files/ /\nENV PATH=/usr/local/bin\n');
builder.build({ dockerfile, tag: values.tag, args: {} });
console.log(`${values.tag} built with ${builder.name}; use it with: npm run image -- --base ${values.tag}`);
