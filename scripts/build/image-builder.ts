// Who builds an image: docker where its engine answers, else buildah, which needs none.
import { execFileSync, spawnSync } from 'node:child_process';
import { ROOT } from './root-manifest.ts';

/** What to build. */
export interface ImagePlan {
  readonly dockerfile: string;
  readonly tag: string;
  /** Build arguments by name. */
  readonly args: Readonly<Record<string, string>>;
}

/** One way to build images. All methods throw when the program that they call fails; it has then said why. */
export interface ImageBuilder {
  readonly name: string;
  build(plan: ImagePlan): void;
  /** What the image takes unpacked, in bytes. */
  size(tag: string): number;
  /** Writes an archive that `kind load image-archive`, `k3s ctr images import` and `minikube image load` take. */
  save(tag: string, file: string): void;
}

type Run = (args: readonly string[]) => void;

const flags = ({ dockerfile, tag, args }: ImagePlan): readonly string[] => [
  ...['--file', dockerfile, '--tag', tag],
  ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
  '.',
];

const running =
  (program: string, before: readonly string[] = []): Run =>
  (args) =>
    void execFileSync(program, [...before, ...args], { cwd: ROOT, stdio: 'inherit' });

const asking = (program: string, args: readonly string[]): string =>
  execFileSync(program, args, { cwd: ROOT, encoding: 'utf8' });

function docker(): ImageBuilder {
  const run = running('docker');
  return {
    name: 'docker',
    build: (plan) => run(['build', ...flags(plan)]),
    size: (tag) => Number(asking('docker', ['image', 'inspect', '--format', '{{.Size}}', tag])),
    save: (tag, file) => run(['save', '--output', file, tag]),
  };
}

/** `vfs` and `chroot` work wherever a process may run at all, inside a container too. */
function buildah(storageDriver: string): ImageBuilder {
  const storage = ['--storage-driver', storageDriver];
  const run = running('buildah', storage);
  return {
    name: `buildah, storage driver ${storageDriver}`,
    build: (plan) => run(['bud', '--isolation', 'chroot', '--format', 'oci', ...flags(plan)]),
    size(tag) {
      const format = ['inspect', '--type', 'image', '--format', '{{.FromImageID}}', tag];
      const id = asking('buildah', [...storage, ...format]).trim();
      const images = JSON.parse(asking('buildah', [...storage, 'images', '--json'])) as readonly BuildahImage[];
      const image = images.find((each) => each.id === id || id.startsWith(each.id));
      if (!image) throw new Error(`buildah does not list the image ${tag}, which it has just built`);
      return bytes(image.size);
    },
    save: (tag, file) => run(['push', '--quiet', tag, `docker-archive:${file}:${tag}`]),
  };
}

interface BuildahImage {
  readonly id: string;
  /** For people: `132 MB`. */
  readonly size: string;
}

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 };

/** The number that a size for people means. Throws for one that is none. */
export function bytes(size: string): number {
  const [amount = '', unit = ''] = size.split(' ');
  const each = UNITS[unit.toUpperCase()];
  if (each === undefined || !Number.isFinite(Number(amount)))
    throw new Error(`expected a size such as 132 MB, and got ${JSON.stringify(size)}`);
  return Number(amount) * each;
}

const answers = (program: string, args: readonly string[]) =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0;

/** Who can build here. Throws, saying what to install, when nobody can. */
export function imageBuilder(storageDriver: string): ImageBuilder {
  if (answers('docker', ['version', '--format', '{{.Server.Version}}'])) return docker();
  if (answers('buildah', ['--version'])) return buildah(storageDriver);
  throw new Error('no docker engine answers and there is no buildah: start the one, or install the other');
}
