// The rules of a spec that need more than one field, each as CEL for the API server and as a refinement for everyone
// else, with one text for both.
import type { z } from 'zod';
import type { CelRule } from './fields.ts';

/** Members of a request that `parameters` may not touch: they are the caller's words, or what routing is made of. */
export const PROTECTED_PARAMETERS = [
  'model',
  'stream',
  'stream_options',
  'messages',
  'input',
  'system',
  'tools',
] as const;

/** True for a member of a request that `parameters` may not touch. */
export const isProtectedParameter = (name: string): boolean =>
  (PROTECTED_PARAMETERS as readonly string[]).includes(name);

export const PROTECTED_MESSAGE = `parameters may not touch ${PROTECTED_PARAMETERS.join(', ')}: remove it from the list`;

const PIN_MESSAGE = 'pin must be models.primary or one of models.fallbacks: correct it, or remove it';
const REPEATED_MESSAGE = 'models.fallbacks may not name a model twice, nor the primary again: remove the repetition';
const OVERRIDE_MESSAGE =
  'models.overrides must be about models.primary or one of models.fallbacks: correct the model, or remove the override';

export const PIN_RULE: CelRule = {
  rule: '!has(self.pin) || self.pin == self.models.primary || self.pin in self.models.fallbacks',
  message: PIN_MESSAGE,
  fieldPath: '.pin',
};
export const REPEATED_RULE: CelRule = {
  rule: '!(self.primary in self.fallbacks) && self.fallbacks.all(name, self.fallbacks.exists_one(other, other == name))',
  message: REPEATED_MESSAGE,
  fieldPath: '.fallbacks',
};
export const OVERRIDE_RULE: CelRule = {
  rule: 'self.overrides.all(item, item.model == self.primary || item.model in self.fallbacks)',
  message: OVERRIDE_MESSAGE,
  fieldPath: '.overrides',
};
export const REMOVE_RULE: CelRule = {
  rule: `self.all(name, !(name in [${PROTECTED_PARAMETERS.map((name) => `'${name}'`).join(', ')}]))`,
  message: PROTECTED_MESSAGE,
};

interface ModelLists {
  readonly primary: string;
  readonly fallbacks: readonly string[];
}
type Context = Pick<z.core.$RefinementCtx, 'addIssue'>;

const report = (context: Context, path: PropertyKey[], message: string) =>
  context.addIssue({ code: 'custom', path, message });

/**
 * Lets a rule run although other fields are wrong, so that a person sees all errors at once: only the fields that it
 * reads must be sound.
 */
export const whenSound = (...fields: readonly string[]) => ({
  when: ({ issues }: z.core.ParsePayload) =>
    issues.every(({ path }) => path !== undefined && path.length > 0 && !fields.includes(String(path[0]))),
});

/** No model twice, the primary included. */
export function refuseRepeatedModels({ primary, fallbacks }: ModelLists, context: Context): void {
  fallbacks.forEach((name, index) => {
    if (name === primary || fallbacks.indexOf(name) < index) report(context, ['fallbacks', index], REPEATED_MESSAGE);
  });
}

/** Overrides are about models of the spec. */
export function refuseUnlistedOverrides(
  models: ModelLists & { readonly overrides: readonly { readonly model: string }[] },
  context: Context,
): void {
  models.overrides.forEach(({ model }, index) => {
    const listed = model === models.primary || models.fallbacks.includes(model);
    if (!listed) report(context, ['overrides', index, 'model'], OVERRIDE_MESSAGE);
  });
}

/** The pin is a model of the spec. */
export function refuseUnlistedPin(
  { pin, models }: { readonly pin?: string | undefined; readonly models: ModelLists },
  context: Context,
): void {
  if (pin === undefined || pin === models.primary || models.fallbacks.includes(pin)) return;
  report(context, ['pin'], PIN_MESSAGE);
}

/** No protected member is removed. */
export function refuseProtected(names: readonly string[], context: Context): void {
  names.forEach((name, index) => {
    if (isProtectedParameter(name)) report(context, [index], PROTECTED_MESSAGE);
  });
}

/** What a list of type map means to the API server: no key twice. */
export const refuseRepeatedKeys =
  <Key extends string>(key: Key) =>
  (items: readonly Readonly<Record<Key, string>>[], context: Context): void => {
    items.forEach((item, index) => {
      const first = items.findIndex((other) => other[key] === item[key]);
      if (first < index) report(context, [index, key], `${key} may not be the same in two entries: remove one of them`);
    });
  };
