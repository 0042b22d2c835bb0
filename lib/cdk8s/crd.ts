// The CustomResourceDefinition as a construct. It is apart from the operator: it belongs to the whole cluster, and who deletes it
// deletes every workflow.
import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { crdManifest } from '../manifests/crd.ts';
import { leaveNamespaceOut } from './cluster-scoped.ts';

/** What may be said of the CRD. */
export interface MCPWorkflowCRDProps {
  /**
   * Labels of the CRD.
   * @default none
   */
  readonly labels?: { readonly [name: string]: string };
  /**
   * Annotations of the CRD, for example what keeps a GitOps tool from deleting it.
   * @default none
   */
  readonly annotations?: { readonly [name: string]: string };
}

/** The CRD of MCPWorkflow. One for each cluster, before the first workflow. */
export class MCPWorkflowCRD extends ApiObject {
  /** Throws, as every construct does, when the scope has a child of this id already. */
  constructor(scope: Construct, id: string, props: MCPWorkflowCRDProps = {}) {
    const { metadata, ...rest } = crdManifest();
    super(scope, id, {
      ...rest,
      metadata: { name: metadata.name, labels: { ...props.labels }, annotations: { ...props.annotations } },
    });
    this.node.defaultChild = this;
    leaveNamespaceOut(this);
  }
}
