// Logs are a fixed sentence and fields, one JSON object per line. What a field may be is narrow on purpose: no request,
// no header object and no config can be handed in, so that no secret travels inside one.
import { pino } from 'pino';
import type { DestinationStream } from 'pino';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a log line may carry: scalars, lists of them, and errors (as name, message and stack). */
export type LogFields = Readonly<
  Record<string, string | number | boolean | undefined | readonly string[] | readonly number[] | Error>
>;

/** Writes a fixed sentence and its fields. The sentence never has values in it. */
export interface Logger {
  error(sentence: string, fields?: LogFields): void;
  warn(sentence: string, fields?: LogFields): void;
  info(sentence: string, fields?: LogFields): void;
  debug(sentence: string, fields?: LogFields): void;
}

const SECRET_FIELD = /authorization|api-?key|password|credential$|secret$|(^|[-_a-z])token$|cookie/i;
// Second line of defence, for texts that come from elsewhere (an error of a library, a URL with userinfo).
const SECRET_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{4,}/gi, '$1 [redacted]'],
  [/\b(?:sk-|mwf_)[A-Za-z0-9_-]{6,}/g, '[redacted]'],
  [/\/\/[^/\s:@]+:[^/\s@]+@/g, '//[redacted]@'],
];

/** The text without anything that looks like a credential. */
export function redactText(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of SECRET_TEXT) clean = clean.replace(pattern, replacement);
  return clean;
}

const MAX_CAUSES = 3;

function describeError(error: Error, depth = 0): Record<string, unknown> {
  const described: Record<string, unknown> = { name: error.name, message: redactText(error.message) };
  if (error.stack !== undefined) described['stack'] = redactText(error.stack);
  if (error.cause instanceof Error && depth < MAX_CAUSES) described['cause'] = describeError(error.cause, depth + 1);
  return described;
}

function clean(name: string, value: LogFields[string]): unknown {
  if (value !== undefined && SECRET_FIELD.test(name)) return '[redacted]';
  if (value instanceof Error) return describeError(value);
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map((item: unknown) => (typeof item === 'string' ? redactText(item) : item));
  return value;
}

function cleanAll(fields: LogFields | undefined): Record<string, unknown> {
  const cleaned: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields ?? {})) cleaned[name] = clean(name, value);
  return cleaned;
}

/** A logger that writes JSON lines to `destination`, by default stdout. */
export function createLogger(options: { readonly level: LogLevel; readonly destination?: DestinationStream }): Logger {
  const settings = {
    level: options.level,
    base: null,
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const lines = options.destination ? pino(settings, options.destination) : pino(settings);
  const at =
    (level: 'error' | 'warn' | 'info' | 'debug') =>
    (sentence: string, fields?: LogFields): void => {
      if (lines.isLevelEnabled(level)) lines[level](cleanAll(fields), sentence);
    };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}

/** A logger that says nothing. */
export const silentLogger: Logger = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
