// The Pulumi program that the engine runs: the CRD, an operator with a gateway, two workflows, and the Secret that the operator
// takes its key from.

import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { createHash } from 'node:crypto';
import { MCPPlatform } from '../../lib/pulumi/index.ts';

/** Where operator and gateway are. Workflows are in `default`. */
export const NAMESPACE = 'mcpworkflow-system';

/** What nobody may find anywhere: the key of the models' provider, and the hash of a caller's key. */
export const SECRETS = {
  providerKey: 'key-of-the-provider-9d41',
  callerHash: createHash('sha256').update('key-of-a-caller-77aa').digest('hex'),
} as const;

/** How a program may differ. */
export interface Wishes {
  /** Where the models are. */
  readonly baseURL: string;
  /** @default 2 */
  readonly gateways?: number;
  /** Of the workflow `triage`. @default 'claude-opus-4-8' */
  readonly primary?: string;
  /** Makes more resources. */
  readonly more?: () => void;
}

/** The program. Its output `status` is that of the workflow `triage`. */
export const platformProgram =
  ({ baseURL, gateways = 2, primary = 'claude-opus-4-8', more }: Wishes) =>
  async (): Promise<Record<string, unknown>> => {
    const fallbacks = ['claude-haiku-4-5'];
    const auth = { secret: 'provider-keys', key: 'anthropic' };
    const platform = new MCPPlatform(
      'platform',
      {
        operator: {
          namespace: NAMESPACE,
          gateway: { replicas: gateways },
          providers: [{ name: 'anthropic', protocol: 'Anthropic', baseURL, models: ['claude-*'], auth }],
        },
        workflows: {
          triage: { metadata: { namespace: 'default' }, spec: { models: { primary, fallbacks } } },
          review: {
            // Whoever changed a field of it since: this program wins.
            metadata: { namespace: 'default', annotations: { 'pulumi.com/patchForce': 'true' } },
            spec: {
              models: { primary: 'claude-opus-4-8', fallbacks },
              access: { apiKeys: [{ name: 'ci', sha256: pulumi.secret(SECRETS.callerHash) }] },
            },
          },
        },
      },
      { transforms: [waitForNoPods] },
    );
    const { namespace } = platform.operator.resources;
    new k8s.core.v1.Secret(
      'provider-keys',
      {
        metadata: { name: auth.secret, namespace: NAMESPACE },
        stringData: { [auth.key]: pulumi.secret(SECRETS.providerKey) },
      },
      namespace && { dependsOn: namespace },
    );
    more?.();
    return { status: platform.workflows['triage']?.status };
  };

/** No node runs anything: who waits for pods and their endpoints waits in vain. */
const waitForNoPods: pulumi.ResourceTransform = ({ type, props, opts }) => {
  if (!/:(Deployment|Service)$/.test(type)) return undefined;
  const metadata = props['metadata'] as { readonly annotations?: object };
  const annotations = { ...metadata.annotations, 'pulumi.com/skipAwait': 'true' };
  return { props: { ...props, metadata: { ...metadata, annotations } }, opts };
};
