// The kinds of field that specs and catalogs are built of: each is bounded, and says in one sentence what it expects. A
// rule that the API server can check is written twice here, side by side: as CEL and as a refinement with the same text.
import { z } from 'zod';
import { DURATION_PATTERN, durationMs } from './duration.ts';

/** One entry of `x-kubernetes-validations`. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

/** The `.meta()` of a field: what `kubectl explain` prints, and the rules that the API server checks. */
export const described = (description: string, ...rules: readonly CelRule[]) => ({
  description,
  ...(rules.length > 0 && { 'x-kubernetes-validations': rules }),
});

interface DurationBounds {
  readonly name: string;
  readonly min: string;
  readonly max: string;
  readonly description: string;
}

const within = (text: string, { min, max }: DurationBounds): boolean => {
  // What is no duration at all has been reported by the pattern already.
  if (!new RegExp(DURATION_PATTERN).test(text)) return true;
  const ms = durationMs(text);
  return ms >= durationMs(min) && ms <= durationMs(max);
};
const celWithin = ({ min, max }: DurationBounds) =>
  `duration(self) >= duration('${min}') && duration(self) <= duration('${max}')`;

/** A duration with bounds, for example `3s`. */
export const durationField = (bounds: DurationBounds) => {
  const message = `${bounds.name} must be from ${bounds.min} to ${bounds.max}`;
  return z
    .string()
    .max(32)
    .regex(new RegExp(DURATION_PATTERN), `${bounds.name} must be a duration such as 3s or 1m30s`)
    .refine((text) => within(text, bounds), message)
    .meta(described(bounds.description, { rule: celWithin(bounds), message }));
};

/** `Auto`, which is the default, or a duration with bounds. */
export const autoOrDurationField = (bounds: DurationBounds) => {
  const message = `${bounds.name} must be Auto or from ${bounds.min} to ${bounds.max}`;
  return z
    .string()
    .max(32)
    .regex(/^(Auto|([0-9]+(ms|s|m|h))+)$/, `${bounds.name} must be Auto or a duration such as 30s`)
    .refine((text) => text === 'Auto' || within(text, bounds), message)
    .default('Auto')
    .meta(described(bounds.description, { rule: `self == 'Auto' || ${celWithin(bounds)}`, message }));
};

/** A model's name: it travels in HTTP headers, so it is printable ASCII without spaces. */
export const modelNameField = (description: string) =>
  z
    .string()
    .min(1)
    .max(253)
    .regex(/^[!-~]+$/, 'a model name is printable ASCII without spaces')
    .meta(described(description));

/** A provider's name. */
export const providerNameField = (description: string) =>
  z
    .string()
    .min(1)
    .max(63)
    .regex(/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/, 'a provider name is letters, digits, dots and dashes')
    .meta(described(description));

// One host, perhaps a port, perhaps a path: no user and password, no query, no fragment. RE2 and JavaScript agree on it.
const BASE_URL =
  "^https?://([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?(/([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?$";
const BASE_URL_MESSAGE =
  'baseURL must be an http or https URL without user, query or fragment, for example https://api.example.com/v1';
const celString = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** What the dialect's official SDK takes as base URL. */
export const baseURLField = (description: string) =>
  z
    .string()
    .min(1)
    .max(2048)
    .refine((text) => new RegExp(BASE_URL).test(text), BASE_URL_MESSAGE)
    .meta(
      described(description, {
        rule: `isURL(self) && self.matches(${celString(BASE_URL)})`,
        message: BASE_URL_MESSAGE,
      }),
    );

/** Headers that frame a request: a credential sent in one of them would break or redirect it. */
const FRAMING_HEADERS = [
  'host',
  'connection',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
];
const FRAMING_MESSAGE = `header must be one that may carry a credential, not ${FRAMING_HEADERS.join(', ')}`;

/** The header that carries a credential. */
export const authHeaderField = () =>
  z
    .string()
    .min(1)
    .max(128)
    .regex(/^[A-Za-z0-9-]+$/, 'a header name is letters, digits and dashes')
    .refine((name) => !FRAMING_HEADERS.includes(name.toLowerCase()), FRAMING_MESSAGE)
    .meta(
      described("The header that carries it; default the dialect's own.", {
        rule: `!(self.lowerAscii() in [${FRAMING_HEADERS.map(celString).join(', ')}])`,
        message: FRAMING_MESSAGE,
      }),
    );
