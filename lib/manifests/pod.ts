// What the pods of both programs have in common: they pass Pod Security `restricted`, write nothing, and are spread.
import { labelsOf, podsOf } from './metadata.ts';
import { FILES, nameOf, CATALOG } from './names.ts';
import type { Platform, SettledProgram } from './platform-defaults.ts';
import { keyFileOf } from './catalog-text.ts';
import type { ProviderOptions } from './platform-options.ts';
import type { Program } from './rbac.ts';

/** What is the program's own about its pods. */
export interface PodParts {
  readonly program: Program;
  readonly settings: SettledProgram;
  /** What the program is told, beside its catalog, hosts and log level. */
  readonly args: readonly string[];
  readonly env: readonly Readonly<Record<string, unknown>>[];
  readonly ports: readonly Readonly<Record<string, unknown>>[];
  /** How the kubelet asks whether it lives and is ready, without the path. */
  readonly httpGet: Readonly<Record<string, unknown>>;
  readonly gracePeriodSeconds: number;
  readonly volumes?: readonly MountedVolume[];
}

/** A volume and where it is mounted: as a whole folder, for only so does the kubelet follow a change. */
export interface MountedVolume {
  readonly mountPath: string;
  readonly volume: Readonly<Record<string, unknown>> & { readonly name: string };
}

/** The image's only user who is not root. */
const USER = 65_532;

/** Read by the owner and by the pod's group, nobody else. */
const READ_BY_GROUP = 0o440;

/** The spec of a Deployment. */
export function deploymentSpec(platform: Platform, parts: PodParts): Readonly<Record<string, unknown>> {
  const { program, settings } = parts;
  return {
    replicas: settings.replicas,
    // A new pod is ready before an old one is told to go.
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    selector: podsOf(program),
    template: {
      metadata: {
        labels: { ...settings.podLabels, ...labelsOf(platform, program) },
        ...(settings.podAnnotations !== undefined && { annotations: settings.podAnnotations }),
      },
      spec: podSpec(platform, parts),
    },
  };
}

function podSpec(platform: Platform, parts: PodParts): Readonly<Record<string, unknown>> {
  const { program, settings, gracePeriodSeconds } = parts;
  const { nodeSelector, tolerations, priorityClassName } = settings;
  const mounted = [catalogVolume(), ...keyVolumes(platform.providers), ...(parts.volumes ?? [])];
  return {
    serviceAccountName: nameOf(program),
    // The account itself gives no token to anybody: only these pods ask for one.
    automountServiceAccountToken: true,
    // Services would become variables whose names begin like those of our own flags.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: gracePeriodSeconds,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(platform.imagePullSecrets.length > 0 && {
      imagePullSecrets: platform.imagePullSecrets.map((name) => ({ name })),
    }),
    topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      // A cluster of one node has to run it, too.
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: podsOf(program),
      matchLabelKeys: ['pod-template-hash'],
    })),
    ...(nodeSelector !== undefined && { nodeSelector }),
    ...(tolerations !== undefined && { tolerations }),
    ...(priorityClassName !== undefined && { priorityClassName }),
    containers: [container(platform, parts, mounted)],
    volumes: mounted.map(({ volume }) => volume),
  };
}

function container(
  platform: Platform,
  { program, settings, args, env, ports, httpGet }: PodParts,
  mounted: readonly MountedVolume[],
): Readonly<Record<string, unknown>> {
  const probe = (path: string) => ({ httpGet: { path, ...httpGet }, timeoutSeconds: 3 });
  return {
    name: program,
    image: platform.image,
    imagePullPolicy: platform.imagePullPolicy,
    args: [
      ...[program, '--providers', `${FILES.catalogFolder}/${FILES.catalog}`],
      ...args,
      // One flag for each, because a host may be known only later and cannot be joined to another one.
      ...platform.allowUpstream.flatMap((host) => ['--allow-upstream', host]),
      ...['--log-level', settings.logLevel],
    ],
    env: [{ name: 'MCPWORKFLOW_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }, ...env],
    ports: [...ports],
    // Nobody is told of failed probes while a program starts, and it is asked for its readiness as soon as it answers at all.
    startupProbe: { ...probe('/healthz'), periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...probe('/healthz'), periodSeconds: 10, failureThreshold: 3 },
    readinessProbe: { ...probe('/readyz'), periodSeconds: 5, failureThreshold: 2 },
    resources: settings.resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: mounted.map(({ mountPath, volume }) => ({ name: volume.name, mountPath, readOnly: true })),
  };
}

const catalogVolume = (): MountedVolume => ({
  mountPath: FILES.catalogFolder,
  volume: { name: 'catalog', configMap: { name: CATALOG } },
});

/** The keys of all providers in one folder, a file for each provider. */
function keyVolumes(providers: readonly ProviderOptions[]): readonly MountedVolume[] {
  const sources = providers.flatMap((provider) => {
    const { auth } = provider;
    if (!auth) return [];
    const path = keyFileOf(provider).slice(FILES.keyFolder.length + 1);
    return { secret: { name: auth.secret, items: [{ key: auth.key, path }], optional: auth.optional ?? false } };
  });
  if (sources.length === 0) return [];
  const volume = { name: 'keys', projected: { defaultMode: READ_BY_GROUP, sources } };
  return [{ mountPath: FILES.keyFolder, volume }];
}

/** A Secret of type kubernetes.io/tls. */
export const tlsVolume = (secretName: string): MountedVolume => ({
  mountPath: FILES.tlsFolder,
  volume: { name: 'tls', secret: { secretName, defaultMode: READ_BY_GROUP } },
});
