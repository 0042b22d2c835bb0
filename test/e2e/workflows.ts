// The workflows of one namespace, as somebody with kubectl would handle them.
import type { WorkflowStatus } from '../../lib/api/status.ts';
import type { PlaneAccess } from '../cluster/plane-access.ts';

/** A workflow as the API server has it. */
export interface StoredWorkflow {
  readonly metadata: { readonly name: string; readonly generation: number; readonly resourceVersion: string };
  readonly status: WorkflowStatus;
}

/** The workflows of a namespace. */
export interface Workflows {
  readonly namespace: string;
  create(name: string, spec: object): Promise<void>;
  /** Merges this into the spec. */
  edit(name: string, spec: object): Promise<void>;
  read(name: string): Promise<StoredWorkflow>;
  /** All of them, in one request. */
  readAll(): Promise<readonly StoredWorkflow[]>;
  remove(name: string): Promise<void>;
}

/** The workflows of a fresh namespace whose name begins with `prefix`. */
export async function workflowsIn(
  plane: Pick<PlaneAccess, 'namespace' | 'request'>,
  prefix: string,
): Promise<Workflows> {
  const namespace = await plane.namespace(prefix);
  const path = `/apis/ai.example.com/v1alpha1/namespaces/${namespace}/mcpworkflows`;
  const ask = async (expected: number, ...request: Parameters<PlaneAccess['request']>): Promise<unknown> => {
    const { status, body } = await plane.request(...request);
    if (status !== expected) throw new Error(`expected ${expected}, got ${status}: ${JSON.stringify(body)}`);
    return body;
  };
  return {
    namespace,
    async create(name, spec) {
      const workflow = { apiVersion: 'ai.example.com/v1alpha1', kind: 'MCPWorkflow', metadata: { name }, spec };
      await ask(201, 'POST', path, workflow);
    },
    async edit(name, spec) {
      await ask(200, 'PATCH', `${path}/${name}`, { spec }, { contentType: 'application/merge-patch+json' });
    },
    read: async (name) => (await ask(200, 'GET', `${path}/${name}`)) as StoredWorkflow,
    readAll: async () => ((await ask(200, 'GET', path)) as { readonly items: readonly StoredWorkflow[] }).items,
    async remove(name) {
      await ask(200, 'DELETE', `${path}/${name}`);
    },
  };
}
