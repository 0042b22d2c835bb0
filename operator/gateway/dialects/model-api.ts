// The APIs that generate. Each has bodies and streams of its own; OpenAI's dialect has two.

/** Anthropic Messages, OpenAI Chat Completions, OpenAI Responses. */
export type ModelApi = 'messages' | 'chat' | 'responses';
