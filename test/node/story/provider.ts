// The simulated provider as the only program of a pod: everything it is told comes from the environment. It dies at once when it
// is told to end, with the requests that it has, as a provider that dies does.

import { startProvider } from '../../../operator/dev/provider/provider.ts';

const { PROVIDER_KEY: key = '', PROVIDER_PORT: port = '8080' } = process.env;

await startProvider({ host: '0.0.0.0', port: Number(port), key, gapMs: 5 });
process.once('SIGTERM', () => process.exit(0));
