// What this project promises, each promise once. A test that proves one says `// proves <id>` above it; requirements.test.ts
// fails on a promise that no test proves, and on a proof of what nobody promised.

/** Promises by id: a sentence that a user could hold us to. */
export const REQUIREMENTS = {
  'no-request-lost': 'While any model lives no request is lost: an outage of the primary costs time, never an answer.',
  'death-is-told':
    'A stream that dies after its first content ends in an error that the caller sees, never as a success.',
  'switch-in-time': 'The active model switches within the thresholds, the timeouts and at most two intervals.',
  'back-within-30s': 'Traffic is back on the primary within 30 s after it healed, however long the outage was.',
  'proof-before-return': 'Only proof of at least the rank of its illness brings a model back.',
  'dead-primary-is-spared': 'No more than 10 of 200 requests are sent to a primary that is known to be dead.',
  'canaries-in-budget': 'Canaries are sent only under suspicion and to prove recovery, and never beyond their budget.',
  'steady-state-writes-nothing': 'A workflow in steady state causes no write to the API server and no paid canary.',
  'one-look-at-a-time': 'A workflow is looked at every interval without drift, and never twice at once.',
  'shared-probes': 'Ten thousand workflows on forty targets are forty probes.',
  'status-follows-kstatus': 'Every status keeps the API conventions and reads right to kstatus, after any history.',
  'blind-is-not-ill': 'An operator that reaches nobody changes no route and calls no model ill.',
  'throttled-is-not-ill': 'Being throttled changes the order of models, and never their health.',
  'flapping-waits-longer': 'A primary that falls right after each return has to stay well for longer and longer.',
  'people-decide': 'A pin, a suspension and a manual failback hold against whatever the loop sees.',
  'one-leader': 'There are never two leaders, and a leader that is gone is followed.',
  'status-is-never-forced':
    'A status is written against the version it was computed from, by the leader, or not at all.',
  'watch-never-stops': 'A watch survives 410, 429, cuts, stalls and restarts without a lost update or a hot loop.',
  'takeover-keeps-the-route': 'An operator killed in an outage is followed by one that keeps the route.',
  'gateway-restart-keeps-the-route': 'A gateway restarted in an outage serves the right model from its first request.',
  'drain-loses-nothing':
    'A gateway that is told to end loses no request, and lets its streams end whole or tells that it broke them off.',
  'reload-loses-nothing': 'A new route table, catalog or certificate drops no request that is under way.',
  'fail-static': 'Without API server or operator gateways keep the last route and go on healing requests.',
  'edit-serves-at-once': 'A new primary serves at once, also in an outage.',
  'last-good-state-serves': 'A bad edit is told with file, field and fix, and the last good state keeps serving.',
  'schema-and-api-server-agree': 'What the schema refuses the API server refuses too, wherever it can see it.',
  'pin-survives-gitops': 'A server-side apply of the same file from Git keeps the pin of a person on call.',
  'byte-for-byte': 'Requests and answers pass byte for byte but for the model and what overrides patch.',
  'unmodified-clients': 'Unmodified official SDKs work, streaming and not.',
  'callers-fault-is-passed-on': 'What the primary says is the caller’s fault is passed on as it is, after one attempt.',
  'failed-checks-are-kept-back':
    'An answer that fails a check that acts never reaches its caller as a success, and the error names the check.',
  'failed-checks-count-by-comparison':
    'A failed check makes a model ill only where another model answered the same request well.',
  'judging-is-bounded':
    'Whatever schema or pattern a workflow or a caller writes, judging an answer by it takes bounded time.',
  'credentials-stay': 'A credential goes to its provider and nowhere else: no log, answer, status or other provider.',
  'requests-are-followed':
    'A request can be followed from its caller’s traceparent to every attempt, and its trace says nothing that anyone else wrote.',
  'key-before-body': 'Nothing of a request is read from a caller who has to show a key and does not.',
  'strangers-learn-nothing': 'Who has no key cannot tell which workflows there are.',
  'own-provider-inherits-nothing': 'A workflow’s own provider is a target of its own and inherits no credential.',
  'egress-is-checked': 'A URL in a spec leads only where workflows may call.',
  'least-privilege': 'Both programs run under exactly the rules of the API calls that they make.',
  'manifest-as-it-stands': 'The manifest of the README works byte for byte.',
  'demo-heals': 'The demo needs no key and no cluster, heals an outage, and fails if a request was lost.',
  'mistakes-get-a-sentence': 'Whoever starts a program wrongly reads what to change, and the exit code is 2.',
  'nothing-left-behind':
    'Test control plane, test node and test engine leave no process and no folder behind, also after a crash.',
} as const;

/** A promise. */
export type Requirement = keyof typeof REQUIREMENTS;
