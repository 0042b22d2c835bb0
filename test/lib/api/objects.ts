// Good and bad specs, once for everyone who judges them. `cel: 'sees'` means that the API server must judge as the schema
// does; `cannot` that it lets pass what the schema refuses, so that only the operator can tell (Stalled); `alone` that it refuses
// what the schema lets pass, because it can compile what the schema cannot.
export interface SpecRow {
  readonly name: string;
  readonly spec: unknown;
  readonly cel: 'sees' | 'cannot' | 'alone';
  readonly ok: boolean;
  /** Where the schema's first error is. */
  readonly path?: string;
}

const two = { primary: 'a', fallbacks: ['b'] };
const vllm = { name: 'vllm', protocol: 'OpenAI', baseURL: 'http://vllm.ml.svc:8000/v1', models: ['llama-*'] };
const provider = (part: object) => ({ models: { ...two, providers: [{ ...vllm, ...part }] } });
const override = (part: object) => ({ models: { ...two, overrides: [{ model: 'b', ...part }] } });
const parameters = (part: object) => override({ parameters: part });
const detection = (part: object) => ({ models: two, detection: part });
const check = (part: object) => ({ models: two, checks: [{ name: 'shape', ...part }] });
const regex = (part: object) => check({ type: 'Regex', pattern: 'a+', match: 'Required', ...part });
const key = (name: string, digit: string) => ({ name, sha256: digit.repeat(64) });
const many = (count: number, name: string) => Array.from({ length: count }, (_, index) => `${name}${index}`);
const PROVIDER = 'spec.models.providers[0]';
const OVERRIDE = 'spec.models.overrides[0]';
const CHECK = 'spec.checks[0]';

const good = (name: string, spec: unknown): SpecRow => ({ name, spec, cel: 'sees', ok: true });
const bad = (name: string, spec: unknown, path: string): SpecRow => ({ name, spec, cel: 'sees', ok: false, path });
const unseen = (name: string, spec: unknown, path: string): SpecRow => ({ name, spec, cel: 'cannot', ok: false, path });
const alone = (name: string, spec: unknown): SpecRow => ({ name, spec, cel: 'alone', ok: true });

export const SPEC_ROWS: readonly SpecRow[] = [
  good('a primary is all that a workflow needs', { models: { primary: 'claude-opus-4-8' } }),
  good('eight fallbacks are as many as may be', { models: { primary: 'a', fallbacks: many(8, 'b') } }),
  good('a model may have a slash, a colon and an at', { models: { primary: 'meta/llama-3:8b@sha256' } }),
  good('the pin may be the primary', { pin: 'a', models: two }),
  good('the pin may be a fallback', { pin: 'b', models: two }),
  good('the least interval is a second', { interval: '1s', models: two }),
  good('the longest interval is five minutes', { interval: '4m60s', models: two }),
  good(
    'an own provider may have a secret and a header',
    provider({ auth: { secretRef: { name: 's', key: 'api.key' }, header: 'X-Api-Key' } }),
  ),
  good('a base URL may be an IPv6 address with a port', provider({ baseURL: 'https://[2001:db8::1]:8443/v1' })),
  good('a base URL may have an escaped path', provider({ baseURL: 'https://example.com/a%20b/v1' })),
  good(
    'an override may cap and set and remove',
    override({
      maxOutputTokens: 64_000,
      parameters: { set: { temperature: 0, stop: ['x', 1, true, null] }, remove: ['top_k'] },
    }),
  ),
  good(
    'timeouts may be durations or Auto',
    detection({ requestTimeout: '1h', firstTokenTimeout: 'Auto', streamIdleTimeout: '1s' }),
  ),
  good('no stabilization is a choice', { models: two, recovery: { stabilization: '0s' } }),
  good('a check may be of a schema', check({ type: 'JSONSchema', schema: { type: 'object', $defs: { a: true } } })),
  good(
    'a check may be of a pattern',
    regex({ pattern: '(?i)\\bsk-[a-z0-9]{20,}', match: 'Forbidden', buffer: 'Full' }),
  ),
  good('a check may be of refusals', check({ type: 'NotRefused', onFail: 'Log' })),
  good('sixteen checks are as many as may be', {
    models: two,
    checks: many(16, 'c').map((name) => ({ name, type: 'NotRefused' })),
  }),

  bad('models are required', {}, 'spec.models'),
  bad('a primary is required', { models: {} }, 'spec.models.primary'),
  bad('the primary may not be empty', { models: { primary: '' } }, 'spec.models.primary'),
  bad('a model name has no spaces', { models: { primary: 'a b' } }, 'spec.models.primary'),
  bad(
    'a model name has no line break, for it becomes a header',
    { models: { primary: 'a\nb' } },
    'spec.models.primary',
  ),
  bad('a model name is bounded', { models: { primary: 'a'.repeat(254) } }, 'spec.models.primary'),
  bad('the primary may not be a number', { models: { primary: 4 } }, 'spec.models.primary'),
  bad('nine fallbacks are too many', { models: { primary: 'a', fallbacks: many(9, 'b') } }, 'spec.models.fallbacks'),
  bad(
    'a fallback may not be the primary again',
    { models: { primary: 'a', fallbacks: ['b', 'a'] } },
    'spec.models.fallbacks[1]',
  ),
  bad(
    'a fallback may not be named twice',
    { models: { primary: 'a', fallbacks: ['b', 'b'] } },
    'spec.models.fallbacks[1]',
  ),
  bad('the pin must be one of the models', { pin: 'c', models: two }, 'spec.pin'),
  bad('the pin may not be empty: without one the field is absent', { pin: '', models: two }, 'spec.pin'),
  bad('suspend is no text', { suspend: 'yes', models: two }, 'spec.suspend'),

  bad('an interval below a second is too short', { interval: '999ms', models: two }, 'spec.interval'),
  bad('an interval above five minutes is too long', { interval: '5m1ms', models: two }, 'spec.interval'),
  bad('a duration needs a unit', { interval: '3', models: two }, 'spec.interval'),
  bad('a duration has no fraction', { interval: '1.5s', models: two }, 'spec.interval'),
  bad('a duration is not negative', { interval: '-3s', models: two }, 'spec.interval'),
  bad('a duration too long for a clock is refused', { interval: '99999999999999h', models: two }, 'spec.interval'),
  bad('Auto is no interval', { interval: 'Auto', models: two }, 'spec.interval'),

  bad('an own provider needs a protocol', provider({ protocol: undefined }), `${PROVIDER}.protocol`),
  bad('a protocol is Anthropic or OpenAI', provider({ protocol: 'Gemini' }), `${PROVIDER}.protocol`),
  bad('an own provider serves at least one model', provider({ models: [] }), `${PROVIDER}.models`),
  bad('a provider name does not end in a dash', provider({ name: 'vllm-' }), `${PROVIDER}.name`),
  bad(
    'two own providers may not have one name',
    { models: { ...two, providers: [vllm, vllm] } },
    'spec.models.providers[1].name',
  ),
  bad('a base URL is not just a host', provider({ baseURL: 'vllm.ml.svc:8000' }), `${PROVIDER}.baseURL`),
  bad('a base URL is http or https', provider({ baseURL: 'ftp://example.com' }), `${PROVIDER}.baseURL`),
  bad(
    'a base URL has no password in it',
    provider({ baseURL: 'https://me:secret@example.com' }),
    `${PROVIDER}.baseURL`,
  ),
  bad('a base URL has no query', provider({ baseURL: 'https://example.com/v1?key=1' }), `${PROVIDER}.baseURL`),
  bad('a base URL has no fragment', provider({ baseURL: 'https://example.com/v1#x' }), `${PROVIDER}.baseURL`),
  bad('a base URL has a host', provider({ baseURL: 'https:///v1' }), `${PROVIDER}.baseURL`),
  bad('a base URL has no spaces', provider({ baseURL: 'https://example.com/a b' }), `${PROVIDER}.baseURL`),
  bad('a base URL has no broken escape', provider({ baseURL: 'https://example.com/%zz' }), `${PROVIDER}.baseURL`),
  bad('auth needs a secretRef', provider({ auth: {} }), `${PROVIDER}.auth.secretRef`),
  bad('a secretRef needs a key', provider({ auth: { secretRef: { name: 's' } } }), `${PROVIDER}.auth.secretRef.key`),
  bad(
    'a Secret has a name that a Secret can have',
    provider({ auth: { secretRef: { name: '../x', key: 'k' } } }),
    `${PROVIDER}.auth.secretRef.name`,
  ),
  bad(
    'a header name has no colon',
    provider({ auth: { secretRef: { name: 's', key: 'k' }, header: 'x:y' } }),
    `${PROVIDER}.auth.header`,
  ),
  bad(
    'a credential may not travel as Host',
    provider({ auth: { secretRef: { name: 's', key: 'k' }, header: 'Host' } }),
    `${PROVIDER}.auth.header`,
  ),

  bad('an override is about a listed model', { models: { ...two, overrides: [{ model: 'c' }] } }, `${OVERRIDE}.model`),
  bad(
    'a model has one override',
    { models: { ...two, overrides: [{ model: 'b' }, { model: 'b' }] } },
    'spec.models.overrides[1].model',
  ),
  bad('a cap is at least one token', override({ maxOutputTokens: 0 }), `${OVERRIDE}.maxOutputTokens`),
  bad('a cap is a whole number', override({ maxOutputTokens: 1.5 }), `${OVERRIDE}.maxOutputTokens`),
  bad('an absent provider is an absent field', override({ provider: '' }), `${OVERRIDE}.provider`),
  bad(
    'the messages may not be removed',
    parameters({ remove: ['top_k', 'messages'] }),
    `${OVERRIDE}.parameters.remove[1]`,
  ),
  bad('at most 32 members may be removed', parameters({ remove: many(33, 'p') }), `${OVERRIDE}.parameters.remove`),
  bad(
    'at most 32 members may be set',
    parameters({ set: Object.fromEntries(many(33, 'p').map((name) => [name, 1])) }),
    `${OVERRIDE}.parameters.set`,
  ),
  bad('what is set is an object', parameters({ set: 'temperature=0' }), `${OVERRIDE}.parameters.set`),

  bad('three failures cannot be none', detection({ consecutiveFailures: 0 }), 'spec.detection.consecutiveFailures'),
  bad(
    'a threshold is at most 100 percent',
    detection({ errorRate: { threshold: 101 } }),
    'spec.detection.errorRate.threshold',
  ),
  bad(
    'a window above an hour is too long',
    detection({ errorRate: { window: '61m' } }),
    'spec.detection.errorRate.window',
  ),
  bad(
    'a window below a second is too short',
    detection({ errorRate: { window: '0s' } }),
    'spec.detection.errorRate.window',
  ),
  bad(
    'a request timeout below a second is too short',
    detection({ requestTimeout: '500ms' }),
    'spec.detection.requestTimeout',
  ),
  bad('auto is written Auto', detection({ firstTokenTimeout: 'auto' }), 'spec.detection.firstTokenTimeout'),
  bad(
    'an idle timeout above an hour is too long',
    detection({ streamIdleTimeout: '2h' }),
    'spec.detection.streamIdleTimeout',
  ),
  bad('six retries are too many', detection({ retries: 6 }), 'spec.detection.retries'),
  bad('a probe takes at least 100ms', { models: two, probes: { timeout: '99ms' } }, 'spec.probes.timeout'),
  bad('a probe takes at most a minute', { models: two, probes: { timeout: '61s' } }, 'spec.probes.timeout'),
  bad(
    'one success at least proves recovery',
    { models: two, probes: { successThreshold: 0 } },
    'spec.probes.successThreshold',
  ),
  bad('a canary is Auto or Off', { models: two, probes: { canary: 'On' } }, 'spec.probes.canary'),
  bad('failback is Automatic or Manual', { models: two, recovery: { failback: 'Never' } }, 'spec.recovery.failback'),
  bad(
    'stabilization is at most ten minutes',
    { models: two, recovery: { stabilization: '11m' } },
    'spec.recovery.stabilization',
  ),
  bad(
    'a key is known by its hash, never by itself',
    { models: two, access: { apiKeys: [{ name: 'app', sha256: 'mwf_secret' }] } },
    'spec.access.apiKeys[0].sha256',
  ),
  bad(
    'two keys have two names',
    { models: two, access: { apiKeys: [key('app', 'a'), key('app', 'b')] } },
    'spec.access.apiKeys[1].name',
  ),

  bad('a check has a name', { models: two, checks: [{ type: 'NotRefused' }] }, `${CHECK}.name`),
  bad('the name of a check is fit for a header', check({ name: 'a b', type: 'NotRefused' }), `${CHECK}.name`),
  bad('a check has a type', check({}), `${CHECK}.type`),
  bad('a check is of one of three types', check({ type: 'Webhook' }), `${CHECK}.type`),
  bad(
    'two checks have two names',
    { models: two, checks: ['a', 'a'].map((name) => ({ name, type: 'NotRefused' })) },
    'spec.checks[1].name',
  ),
  bad(
    'seventeen checks are too many',
    { models: two, checks: many(17, 'c').map((name) => ({ name, type: 'NotRefused' })) },
    'spec.checks',
  ),
  bad('a check of a pattern needs one', regex({ pattern: undefined }), `${CHECK}.pattern`),
  bad('a pattern is not empty', regex({ pattern: '' }), `${CHECK}.pattern`),
  bad('a pattern is bounded', regex({ pattern: 'a'.repeat(1025) }), `${CHECK}.pattern`),
  bad('a check of a pattern says what a match means', regex({ match: undefined }), `${CHECK}.match`),
  bad('a match is Required or Forbidden', regex({ match: 'Optional' }), `${CHECK}.match`),
  bad('a check of a schema needs one', check({ type: 'JSONSchema' }), `${CHECK}.schema`),
  bad('a schema is an object', check({ type: 'JSONSchema', schema: 'object' }), `${CHECK}.schema`),
  bad('a check of a pattern has no schema', regex({ schema: {} }), `${CHECK}.schema`),
  bad('a check of refusals has no pattern', check({ type: 'NotRefused', pattern: 'a' }), `${CHECK}.pattern`),
  bad(
    'a check of a schema has no match',
    check({ type: 'JSONSchema', schema: {}, match: 'Required' }),
    `${CHECK}.match`,
  ),
  bad('onFail is NextModel, Block or Log', regex({ onFail: 'Ignore' }), `${CHECK}.onFail`),
  bad('a buffer is None or Full', regex({ buffer: 'Half' }), `${CHECK}.buffer`),
  bad('what is only logged holds nothing back', regex({ onFail: 'Log', buffer: 'Full' }), `${CHECK}.buffer`),

  unseen(
    'a schema is bounded',
    check({ type: 'JSONSchema', schema: { description: 'x'.repeat(64 * 1024) } }),
    `${CHECK}.schema`,
  ),
  alone('a pattern has balanced brackets', regex({ pattern: '(a' })),
  alone('a pattern looks around nowhere', regex({ pattern: '(?=a)b' })),
  alone('a pattern has no back reference', regex({ pattern: '(a)\\1' })),
  unseen(
    'the model may not be set as a parameter',
    parameters({ set: { model: 'x' } }),
    `${OVERRIDE}.parameters.set.model`,
  ),
  unseen(
    'the messages may not be set as a parameter',
    parameters({ set: { temperature: 0, messages: [] } }),
    `${OVERRIDE}.parameters.set.messages`,
  ),
  unseen(
    'an object is no value of a parameter',
    parameters({ set: { metadata: { user: 'x' } } }),
    `${OVERRIDE}.parameters.set.metadata`,
  ),
  unseen(
    'a list of lists is no value of a parameter',
    parameters({ set: { stop: [['x']] } }),
    `${OVERRIDE}.parameters.set.stop`,
  ),
  unseen(
    'the name of a parameter is bounded',
    parameters({ set: { ['x'.repeat(129)]: 1 } }),
    `${OVERRIDE}.parameters.set.${'x'.repeat(129)}`,
  ),
];
