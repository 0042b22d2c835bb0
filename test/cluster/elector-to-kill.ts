// A replica that only takes part in an election, so that a test can kill it. Says on stdout when it leads.
import { systemClock } from '../../operator/clock.ts';
import { staticConnection } from '../../operator/kube/connection.ts';
import { joinElection } from '../../operator/kube/lease.ts';
import { createTransport } from '../../operator/kube/transport.ts';

const given = JSON.parse(process.argv[2] ?? '{}') as { server: string; ca: string; token: string; namespace: string };
const log = { error: () => {}, warn: () => {}, info: () => {} };
const clock = systemClock();
joinElection({
  transport: createTransport({ connection: staticConnection(given), clock }),
  clock,
  log,
  lease: { namespace: given.namespace, name: 'operator' },
  onStarted: () => process.stdout.write('leads\n'),
});
setInterval(() => {}, 60_000);
