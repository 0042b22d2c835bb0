// A stand-in for Pulumi's Kubernetes provider, which cannot be built from Go modules: a plugin that the real engine starts,
// and that deploys to a real API server. It is what the tests need of one. What the real provider decides otherwise, such as
// which change is a replacement, is not to be tested with it.
import { lifecycle } from './lifecycle.ts';
import { openKubernetes } from './kubernetes.ts';
import { providerService, serve } from './service.ts';

async function runProvider(kubeconfig: string | undefined): Promise<void> {
  if (kubeconfig === undefined) throw new Error('the stand-in provider needs KUBECONFIG');
  // The engine holds the other end: when it is gone, however it ended, so is this.
  process.stdin.resume().once('close', () => process.exit(0));
  const port = await serve(providerService(lifecycle(openKubernetes(kubeconfig)), new AbortController()));
  process.stdout.write(`${port}\n`);
}

await runProvider(process.env['KUBECONFIG']);
