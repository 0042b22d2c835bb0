// `npm run cluster`: a control plane for a person to try the CRD on, until Ctrl-C.

import { once } from 'node:events';
import { dirname } from 'node:path';
import { startControlPlane } from './control-plane.ts';

const lines = (server: string, kubeconfig: string, kubectlFolder: string): string => `
An API server is running on ${server}, with the MCPWorkflow CRD installed. In another terminal:

  export KUBECONFIG=${kubeconfig}
  export PATH="${kubectlFolder}:$PATH"

Things to try there, in the folder of the repository:

  kubectl apply -f examples/yaml/01-triage-bot.yaml
  npm run -s mcpworkflow -- operator --help
  kubectl get mcpworkflows -w
  kubectl explain mcpworkflow.spec.detection

Nothing is kept: Ctrl-C here ends it and removes its data.
`;

async function runForPerson(): Promise<void> {
  process.stderr.write('starting etcd and kube-apiserver …\n');
  const plane = await startControlPlane();
  const stay = setInterval(() => undefined, 60_000);
  try {
    await plane.installCRD();
    process.stdout.write(lines(plane.server, plane.kubeconfig('admin'), dirname(plane.connection.kubectl)));
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP'), plane.ended]);
  } finally {
    clearInterval(stay);
    await plane.stop();
    process.stderr.write('stopped; nothing is left behind\n');
  }
}

await runForPerson();
