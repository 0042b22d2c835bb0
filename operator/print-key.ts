// The `key` command: makes a key for callers of a workflow, and prints what to do with it. Nothing is stored.
import { createApiKey, hashOfApiKey } from './gateway/api-key.ts';

/** A Secret to apply where the callers run, and the entry for the workflow's spec. */
export function keyText(name: string): string {
  const key = createApiKey();
  return `# Apply this Secret where the callers run: the key is shown here and nowhere else.
apiVersion: v1
kind: Secret
metadata:
  name: ${name}
stringData:
  api-key: ${key}
---
# And add its hash to the workflow. Two entries at once are a rotation: add the new one, move the callers, remove the old one.
# spec:
#   access:
#     apiKeys:
#     - name: ${name}
#       sha256: ${hashOfApiKey(key)}
`;
}
