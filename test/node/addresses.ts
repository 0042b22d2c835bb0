// Where everything of the test node is. One machine has one such node at a time, so all of it is fixed.

/** The name of the node, its host and its control group. */
export const NODE_NAME = 'mcpworkflow-node';

/** The network between the machine and the node: one cable, whose end on the machine is `interface`. */
export const CABLE = { interface: 'mcpwf0', machine: '10.245.0.1', node: '10.245.0.2', bits: 24 } as const;

/**
 * The network of the cable as a route to nowhere, behind the cable itself: when the node is gone, what is still sent to it stays on
 * this machine.
 */
export const NOWHERE = ['unreachable', '10.245.0.0/24', 'metric', '9999'] as const;

/** The addresses of pods, of Services, and of the first Service, which is the API server. */
export const PODS = '10.246.0.0/24';
export const SERVICES = '10.247.0.0/24';

/** The API server as machine and node reach it. */
export const API_SERVER = `https://${CABLE.node}:6443`;

/** The image of the first process of every pod. It is loaded, never pulled. */
export const PAUSE_IMAGE = 'docker.io/mcpworkflow/pause:test';

/** Where containerd listens, inside the node. */
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';

/** Folders that kubelet and CNI plugins have by heart. Inside the node they are empty and its own. */
export const FIXED_FOLDERS = ['/var/lib/cni', '/var/lib/kubelet', '/var/log/containers'] as const;
