import { describe, expect, it } from '@jest/globals';
import { callOf } from './api-call.ts';

const rows = [
  {
    name: 'a list of all namespaces',
    seen: { method: 'GET', path: '/apis/ai.example.com/v1alpha1/mcpworkflows?limit=500', watch: false },
    call: { verb: 'list', apiGroup: 'ai.example.com', resource: 'mcpworkflows' },
  },
  {
    name: 'a watch of one Secret by its name',
    seen: {
      method: 'GET',
      path: '/api/v1/namespaces/a/secrets?fieldSelector=metadata.name%3Dx&watch=true',
      watch: true,
    },
    call: { verb: 'watch', apiGroup: '', resource: 'secrets', namespace: 'a' },
  },
  {
    name: 'one object',
    seen: { method: 'GET', path: '/apis/coordination.k8s.io/v1/namespaces/a/leases/x', watch: false },
    call: { verb: 'get', apiGroup: 'coordination.k8s.io', resource: 'leases', namespace: 'a' },
  },
  {
    name: 'a write of a status',
    seen: { method: 'PUT', path: '/apis/ai.example.com/v1alpha1/namespaces/a/mcpworkflows/x/status', watch: false },
    call: { verb: 'update', apiGroup: 'ai.example.com', resource: 'mcpworkflows/status', namespace: 'a' },
  },
  {
    name: 'an Event',
    seen: { method: 'POST', path: '/apis/events.k8s.io/v1/namespaces/a/events', watch: false },
    call: { verb: 'create', apiGroup: 'events.k8s.io', resource: 'events', namespace: 'a' },
  },
  { name: 'no resource', seen: { method: 'GET', path: '/readyz', watch: false }, call: undefined },
];

describe('the call behind a request', () => {
  it.each(rows)('$name', ({ seen, call }) => {
    expect(callOf({ ...seen, at: 0 })).toEqual(call);
  });
});
