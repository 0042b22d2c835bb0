// `npm run image [-- --tag NAME --base NAME --save FILE]`: builds the package, then the image that operator and gateway run from.
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { defaultImage } from '../../lib/manifests/image.ts';
import { buildPackage } from './build.ts';
import { imageBuilder } from './image-builder.ts';
import { ROOT, rootManifest } from './root-manifest.ts';
import { writeSbom } from './sbom.ts';

const MOST_BYTES = 200e6;

const { version } = rootManifest();
const { values } = parseArgs({
  options: {
    tag: { type: 'string', default: defaultImage(version) },
    base: { type: 'string' },
    save: { type: 'string' },
    'storage-driver': { type: 'string', default: process.env['STORAGE_DRIVER'] ?? 'vfs' },
  },
});

const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();

const builder = imageBuilder(values['storage-driver']);
writeSbom(await buildPackage());
builder.build({
  dockerfile: 'operator/Dockerfile',
  tag: values.tag,
  args: {
    ...(values.base !== undefined && { BASE: values.base }),
    VERSION: version,
    REVISION: git('rev-parse', 'HEAD'),
    CREATED: git('show', '--no-patch', '--format=%cI', 'HEAD'),
  },
});
if (values.save !== undefined) builder.save(values.tag, values.save);
const size = builder.size(values.tag);
console.log(`${values.tag}: ${(size / 1e6).toFixed(0)} MB, built with ${builder.name}`);
if (size > MOST_BYTES) {
  console.error(`expected less than ${MOST_BYTES / 1e6} MB: see what has grown, in build/package/bin or in the base`);
  process.exitCode = 1;
}
