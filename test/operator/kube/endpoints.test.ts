import { describe, expect, it } from '@jest/globals';
import { watchEndpoints } from '../../../operator/kube/endpoints.ts';
import { steppedClock } from '../../fakes/clock.ts';
import { fakeApi, quietLog } from './fake-api.ts';

const path = '/apis/discovery.k8s.io/v1/namespaces/mcp/endpointslices';
const slice = (
  name: string,
  endpoints: unknown,
  ports: unknown = [
    { name: 'http', port: 80 },
    { name: 'counters', port: 9 },
  ],
) => ({
  metadata: { name, namespace: 'mcp' },
  endpoints,
  ports,
});

describe('the addresses behind a Service', () => {
  it('are those of all ready endpoints at the named port, each once', async () => {
    const clock = steppedClock();
    const api = fakeApi(clock);
    let changes = 0;
    const port = { namespace: 'mcp', service: 'gateway', portName: 'counters' };
    const source = watchEndpoints({ transport: api, clock, log: quietLog, port, onChange: () => (changes += 1) });
    expect(source.addresses()).toEqual([]);
    api.put(
      path,
      slice('s1', [
        { addresses: ['10.0.0.2'], conditions: { ready: true } },
        { addresses: ['10.0.0.3'], conditions: { ready: false } },
        { addresses: ['10.0.0.1'] },
      ]),
    );
    api.put(path, slice('s2', [{ addresses: ['10.0.0.1'] }, { addresses: ['fd00::1'] }]));
    api.put(path, slice('s3', [{ addresses: ['10.0.0.9'] }], [{ name: 'http', port: 80 }]));
    api.put(path, slice('s4', null, null));
    await clock.advance(0);
    expect(source.addresses()).toEqual(['10.0.0.1:9', '10.0.0.2:9', '[fd00::1]:9']);
    expect(api.seen[0]?.query).toMatchObject({ labelSelector: 'kubernetes.io/service-name=gateway' });
    api.remove(path, 's1');
    await clock.advance(0);
    expect(source.addresses()).toEqual(['10.0.0.1:9', '[fd00::1]:9']);
    expect(changes).toBe(5);
    source.stop();
  });
});
