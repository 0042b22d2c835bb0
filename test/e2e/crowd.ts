// Many callers at once, who know more than one gateway and go where they are sent, as behind a Service.
import { chatCallers, messagesCallers, responsesCallers } from './callers.ts';
import type { Caller, Sending } from './callers.ts';

/** Which workflows (`namespace/name`) are called in which dialect. */
export interface Called {
  readonly anthropic: string;
  readonly openai: string;
}

/** So many callers in one of the two ways to ask: their APIs take turns. */
export function crowdAt(
  origin: string,
  { anthropic, openai }: Called,
  { size, stream, ...sending }: { readonly size: number; readonly stream: boolean } & Sending,
): readonly Caller[] {
  const ways = [
    ...messagesCallers(`${origin}/${anthropic}/anthropic`, sending),
    ...chatCallers(`${origin}/${openai}/openai/v1`, sending),
    ...responsesCallers(`${origin}/${openai}/openai/v1`, sending),
  ].filter((caller) => caller.stream === stream);
  return Array.from({ length: size }, (_, index) => ways[index % ways.length] as Caller);
}

/** The same callers, each of whose questions goes to the gateway that `which` names at that moment. */
export const following = (crowds: readonly (readonly Caller[])[], which: () => number): readonly Caller[] =>
  (crowds[0] ?? []).map(({ api, stream }, index) => ({
    api,
    stream,
    ask: (nonce) => {
      const caller = crowds[which()]?.[index];
      if (!caller) throw new Error('expected as many callers of every gateway');
      return caller.ask(nonce);
    },
  }));
