// `--break MODEL=MODE`: makes one's own model fail, to watch the healing. What is meant for the model goes to a simulated
// provider that misbehaves; the target keeps its identity, so nothing else can tell the difference.
import type { Clock } from '../clock.ts';
import type { Redirect } from '../targets.ts';
import type { Mode } from './provider/modes.ts';
import { startProvider } from './provider/provider.ts';

/** Models that fail on purpose. */
export interface Breaks {
  readonly redirect: Redirect;
  /** Makes a model fail, or fail in another way. */
  break(model: string, mode: Mode): Promise<void>;
  /** Lets one model be what it is again, or all of them. Returns who was healed. */
  heal(model?: string): readonly string[];
  current(): readonly { readonly model: string; readonly mode: Mode }[];
  stop(): Promise<void>;
}

/** Nothing is broken yet. `onChange` runs whenever targets lead elsewhere than before. */
export async function createBreaks(ports: { readonly clock: Clock; readonly onChange: () => void }): Promise<Breaks> {
  const provider = await startProvider({ clock: ports.clock });
  const broken = new Map<string, Mode>();

  return {
    redirect(model, target) {
      if (!broken.has(model)) return target;
      const baseURL = target.protocol === 'Anthropic' ? provider.anthropicURL : provider.openaiURL;
      // The reference to the credential stays: without it the target would seem to have another key, and be Unknown.
      return { ...target, baseURL, upstreamModel: model };
    },
    async break(model, mode) {
      await provider.mode(model, mode);
      const leadsElsewhere = !broken.has(model);
      broken.set(model, mode);
      if (leadsElsewhere) ports.onChange();
    },
    heal(model) {
      const healed = [...broken.keys()].filter((name) => model === undefined || name === model);
      for (const name of healed) broken.delete(name);
      if (healed.length > 0) ports.onChange();
      return healed;
    },
    current: () => [...broken].map(([model, mode]) => ({ model, mode })),
    stop: () => provider.stop(),
  };
}
