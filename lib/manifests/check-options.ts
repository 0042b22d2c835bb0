// What PlatformOptions may be, option by option. It is checked before anything is built, and everything that is wrong is told
// at once.
import { DURATION_PATTERN } from '../api/duration.ts';
import { fieldError } from '../api/field-errors.ts';
import type { FieldError } from '../api/field-errors.ts';
import { PROTOCOLS } from '../api/protocol.ts';
import { DEFAULT_NAMESPACE, OWN_LABELS } from './names.ts';
import {
  booleanLeaf,
  fields,
  fieldsList,
  flag,
  listOf,
  object,
  oneOf,
  plainText,
  text,
  textsBy,
  wholeNumber,
} from './option-checks.ts';
import type { Check } from './option-checks.ts';
import { PlatformOptionsError } from './options-error.ts';
import type { PlatformOptions } from './platform-options.ts';

const LABEL = '[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?';
const DOMAIN = '[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*';

const anyText = text(/\S/, 'a text that is not empty');
const word = text(/^\S+$/, 'a text without spaces');
const namespace = text(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a namespace: lower-case letters, digits and dashes');
const objectName = text(new RegExp(`^${DOMAIN}$`), 'a name of an object: lower-case letters, digits, dashes and dots');
const secretKey = text(/^[A-Za-z0-9._-]+$/, 'a key of a Secret: letters, digits, dots, dashes and underscores');
const host = text(/^[^\s,/-][^\s,/]*$/, 'one host, perhaps with a port, such as models.example.com:8443');
const duration = text(new RegExp(DURATION_PATTERN), 'a duration such as 30s or 1m30s');
const labelValue = text(
  new RegExp(`^(${LABEL})?$`),
  'a label: at most 63 letters, digits, dots, dashes and underscores',
);
const logLevel = oneOf('debug', 'info', 'warn', 'error');

const labelName = (key: string): string | undefined => {
  if ((OWN_LABELS as readonly string[]).includes(key)) return 'is set by this package: choose another label';
  if (new RegExp(`^(${DOMAIN}/)?${LABEL}$`).test(key)) return undefined;
  return 'is no name of a label: write name or domain/name';
};
const labels = textsBy(labelName, labelValue);

const program: Readonly<Record<string, Check>> = {
  replicas: wholeNumber(1),
  resources: object({ requests: fields, limits: fields }),
  logLevel,
  nodeSelector: fields,
  tolerations: fieldsList,
  priorityClassName: objectName,
  podLabels: labels,
  podAnnotations: fields,
};

const gateway: Readonly<Record<string, Check>> = {
  ...program,
  tlsSecret: objectName,
  insecureNoAuth: flag,
  // The time that pods get to end is made of it.
  drainLimit: plainText(new RegExp(DURATION_PATTERN), 'a duration such as 30s or 10m'),
  otlpEndpoint: text(/^https?:\/\/\S+$/, 'an http or https URL'),
  serviceAnnotations: fields,
};

const auth = object(
  { secret: objectName, key: secretKey, optional: booleanLeaf, header: word },
  { required: ['secret', 'key'] },
);

const provider = object(
  {
    // It is the name of the file with the key as well.
    name: plainText(
      /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
      'the name of a provider: at most 63 letters, digits, dots and dashes',
    ),
    protocol: oneOf(...PROTOCOLS),
    baseURL: word,
    models: listOf(word, { min: 1 }),
    auth,
    reasoning: listOf(word),
    canary: object({ prompt: anyText, maxTokens: wholeNumber(1), timeout: duration, maxPerHour: wholeNumber(0) }),
  },
  { required: ['name', 'protocol', 'baseURL', 'models'] },
);

const platform = object({
  namespace,
  createNamespace: flag,
  image: word,
  imagePullPolicy: oneOf('Always', 'IfNotPresent', 'Never'),
  imagePullSecrets: listOf(objectName),
  providers: listOf(provider),
  allowUpstream: listOf(host),
  operator: object(program),
  gateway: object(gateway),
  networkPolicy: object({
    enabled: flag,
    callers: fieldsList,
    scrapers: fieldsList,
    egress: object({ to: listOf(fields), apiServer: fieldsList }, { required: ['to'] }),
  }),
  monitoring: object({
    serviceMonitor: flag,
    prometheusRule: flag,
    labels,
    // The name of each runbook is put behind it.
    runbookURL: plainText(/^https?:\/\/\S+$/, 'an http or https URL'),
  }),
  workflowSecrets: listOf(
    object({ namespace, secrets: listOf(objectName, { min: 1 }) }, { required: ['namespace', 'secrets'] }),
  ),
  labels,
});

/** Namespaces that are there before anybody makes one, and where `restricted` would be put on what others run. */
const NAMESPACES_OF_KUBERNETES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

function takenNamespace(options: PlatformOptions): readonly FieldError[] {
  const taken = NAMESPACES_OF_KUBERNETES.includes(options.namespace ?? DEFAULT_NAMESPACE);
  if (!taken || options.createNamespace === false) return [];
  return [fieldError(['namespace'], 'is one of Kubernetes itself: choose another one, or say createNamespace: false')];
}

/** An error for each entry of a list that says again what an earlier one said. */
function repeated(list: readonly object[] | undefined, place: readonly [string, string], fix: string) {
  const [option, name] = place;
  const said = (list ?? []).map((entry) => (entry as Readonly<Record<string, unknown>>)[name]);
  return said.flatMap((value, index) =>
    typeof value === 'string' && said.indexOf(value) < index ? [fieldError([option, index, name], fix)] : [],
  );
}

/** What is wrong between options of which each is right. */
const between = (options: PlatformOptions): readonly FieldError[] => [
  ...takenNamespace(options),
  ...repeated(options.providers, ['providers', 'name'], 'another provider has this name: choose another one'),
  ...repeated(
    options.workflowSecrets,
    ['workflowSecrets', 'namespace'],
    'another entry has this namespace: put their secrets together',
  ),
];

/** Throws a PlatformOptionsError when nothing can be built from the options. */
export function checkPlatformOptions(options: PlatformOptions): void {
  const single = platform(options, []);
  const problems = single.length > 0 ? single : between(options);
  if (problems.length > 0) throw new PlatformOptionsError(problems);
}
