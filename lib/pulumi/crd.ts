// The CustomResourceDefinition of MCPWorkflow as a Pulumi resource.
import * as k8s from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import { crdManifest } from '../manifests/crd.ts';
import { waitingFor } from './wait-for.ts';

/** What may be said of the CRD. */
export interface MCPWorkflowCRDArgs {
  /** Labels of the object. @default none */
  readonly labels?: { readonly [name: string]: pulumi.Input<string> };
  /** Annotations of the object. @default none */
  readonly annotations?: { readonly [name: string]: pulumi.Input<string> };
}

/**
 * The kind MCPWorkflow itself: once for a cluster. A resource that depends on it is made when the API server serves the kind.
 * Deleting it deletes every workflow of the cluster; `protect: true` refuses that.
 */
export class MCPWorkflowCRD extends k8s.apiextensions.v1.CustomResourceDefinition {
  constructor(name: string, { labels, annotations }: MCPWorkflowCRDArgs = {}, opts?: pulumi.CustomResourceOptions) {
    const { metadata, spec } = crdManifest();
    const decorated = { name: metadata.name, ...(labels && { labels }), ...(annotations && { annotations }) };
    super(name, { metadata: waitingFor('Established', decorated), spec: spec as never }, opts);
  }
}
