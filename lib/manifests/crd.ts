// The CustomResourceDefinition as one of the manifests. It is apart from the platform: it belongs to the whole cluster, and
// deleting it deletes every workflow.
import { workflowCrd } from '../api/crd.ts';
import type { Manifest } from './manifest.ts';

/** The CRD of MCPWorkflow. */
export const crdManifest = (): Manifest => ({ ...workflowCrd() });
