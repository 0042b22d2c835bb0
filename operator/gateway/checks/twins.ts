// Equal items of a JSON list, found without comparing each with each.
import type { Work } from './work.ts';

/** To sort the members of an object, and to write a character of it. */
const ITEM_STEPS = 1_000;
const CHARACTER_STEPS = 20;

/** A text that is the same exactly for values that are equal as JSON. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** Whether no two items are equal. May throw WorkSpent. */
export function hasNoTwins(items: readonly unknown[], work: Work): boolean {
  const seen = new Set<string>();
  for (const item of items) {
    const text = canonical(item);
    work.spend(ITEM_STEPS + text.length * CHARACTER_STEPS);
    seen.add(text);
  }
  return seen.size === items.length;
}
