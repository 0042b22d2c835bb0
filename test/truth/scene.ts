// What the scorecard is played on: embedded mode between two simulated providers, with a workflow of its own for everything
// that is measured, so that no breaker and no status remembers another row.
import { catalogSchema } from '../../lib/api/catalog.ts';
import type { WorkflowStatus } from '../../lib/api/status.ts';
import { systemClock } from '../../operator/clock.ts';
import { expectedAnswer } from '../../operator/dev/provider/answer.ts';
import type { Mode } from '../../operator/dev/provider/modes.ts';
import { startProvider } from '../../operator/dev/provider/provider.ts';
import { startDev } from '../../operator/dev/start.ts';
import { formatListenAddress } from '../../operator/listen-address.ts';
import { silentLogger } from '../../operator/telemetry/logger.ts';

/** One attempt may take so long before the next model is asked; the Auto rules wait longer. */
export const ATTEMPT_MS = 2_000;

/** The two dialects, and how the names of their models begin. */
export const DIALECTS = { anthropic: 'a-', openai: 'o-' } as const;
export type Dialect = keyof typeof DIALECTS;

/** A workflow to play with: its models are named after it. */
export interface Play {
  readonly name: string;
  readonly dialect: Dialect;
}

/** The model that should serve a play. */
export const primaryOf = ({ name, dialect }: Play) => `${DIALECTS[dialect]}primary-${name}`;
/** The one that stands in. */
export const fallbackOf = ({ dialect }: Play) => `${DIALECTS[dialect]}fallback`;

/** All that a model says to a prompt, so that it shows whether an answer is whole. */
export const wholeAnswer = expectedAnswer;

/** Whose answer it was, as the scorecard calls it. */
export const roleOf = (model: string): string => (model.includes('primary') ? 'primary' : 'fallback');

const manifest = (play: Play) => ({
  apiVersion: 'ai.example.com/v1alpha1',
  kind: 'MCPWorkflow',
  metadata: { name: play.name },
  spec: {
    models: { primary: primaryOf(play), fallbacks: [fallbackOf(play)] },
    detection: {
      requestTimeout: `${ATTEMPT_MS}ms`,
      firstTokenTimeout: `${ATTEMPT_MS}ms`,
      streamIdleTimeout: `${ATTEMPT_MS}ms`,
    },
  },
});

/** A running scene. */
export interface Scene {
  /** The origin of the gateway. */
  readonly gatewayURL: string;
  /** Makes the primary of a play behave so from now on. */
  mode(play: Play, mode: Mode): Promise<void>;
  /** Takes the server of all primaries away, and breaks every connection to it. */
  primariesDie(): Promise<void>;
  statusOf(play: Play): WorkflowStatus | undefined;
  stop(): Promise<void>;
}

/** Starts a scene for these plays. */
export async function startScene(plays: readonly Play[]): Promise<Scene> {
  const clock = systemClock();
  const [primaries, fallbacks] = [await startProvider({ clock, gapMs: 5 }), await startProvider({ clock, gapMs: 5 })];
  const provider = (name: string, protocol: 'Anthropic' | 'OpenAI', baseURL: string, models: string) => ({
    name,
    protocol,
    baseURL,
    models: [models],
  });
  const catalog = catalogSchema.parse({
    providers: [
      provider('primary-a', 'Anthropic', primaries.anthropicURL, 'a-primary-*'),
      provider('primary-o', 'OpenAI', primaries.openaiURL, 'o-primary-*'),
      provider('fallback-a', 'Anthropic', fallbacks.anthropicURL, 'a-fallback'),
      provider('fallback-o', 'OpenAI', fallbacks.openaiURL, 'o-fallback'),
    ],
  });
  const file = plays.map((play) => JSON.stringify(manifest(play))).join('\n---\n');
  const dev = await startDev(
    { files: ['plays.yaml'], catalog: { fixed: catalog }, listen: { host: '127.0.0.1', port: 0 }, break: [] },
    {
      clock,
      env: {},
      log: silentLogger,
      read: () => file,
      onStatus: () => {},
      onEvent: () => {},
      onProblems: (problems) => {
        throw new Error(problems.map(({ message }) => message).join('; '));
      },
      onEdit: () => {},
    },
  );
  return {
    gatewayURL: `http://${formatListenAddress(dev.address)}`,
    mode: (play, mode) => primaries.mode(primaryOf(play), mode),
    primariesDie: () => primaries.mode('*', 'refuse'),
    statusOf: ({ name }) => dev.store.get(`default/${name}`)?.status,
    async stop() {
      await dev.stop();
      await Promise.all([primaries.stop(), fallbacks.stop()]);
    },
  };
}
