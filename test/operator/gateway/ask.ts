// Asks a gateway on loopback as plainly as can be, and says exactly what came back.
import { Agent, request } from 'undici';
import type { ModelApi } from '../../../operator/gateway/dialects/model-api.ts';

export const PATHS: Readonly<Record<ModelApi, string>> = {
  messages: '/ns/wf/anthropic/v1/messages',
  chat: '/ns/wf/openai/v1/chat/completions',
  responses: '/ns/wf/openai/v1/responses',
};
export const APIS = Object.keys(PATHS) as readonly ModelApi[];

/** What came back. */
export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** The transfer did not end as HTTP says. */
  readonly broken: boolean;
}

/** Somebody who asks one gateway. */
export interface Asker {
  post(api: ModelApi, body: string | Buffer): Promise<Got>;
  close(): Promise<void>;
}

export function askerOf(origin: string): Asker {
  const agent = new Agent({ connections: 16 });
  return {
    async post(api, body) {
      const answer = await request(`${origin}${PATHS[api]}`, { dispatcher: agent, method: 'POST', body });
      let text = '';
      try {
        for await (const part of answer.body as AsyncIterable<Buffer>) text += part.toString('latin1');
        return { status: answer.statusCode, headers: answer.headers, text, broken: false };
      } catch {
        return { status: answer.statusCode, headers: answer.headers, text, broken: true };
      }
    },
    close: () => agent.destroy(),
  };
}
