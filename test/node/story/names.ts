// What the parts of the story call each other.

/** The image of the program, which is made for the story and loaded. */
export const IMAGE = 'localhost/mcpworkflow:story';

/** The image that it is based on: the Node of this repository, so that nothing has to be pulled. */
export const BASE_IMAGE = 'localhost/mcpworkflow-node:24';

/** Who lives where. */
export const NAMESPACES = { platform: 'mcpworkflow-system', models: 'models', shop: 'shop' } as const;

/** The models of the slide's manifest. */
export const MODELS = { primary: 'claude-opus-4-8', fallback: 'claude-sonnet-4-6' } as const;

/** Two providers, of which each knows one key and serves one of the models. Their pods have the name of the provider. */
export const PROVIDERS = {
  primary: { name: 'primary', baseURL: 'http://primary.models.svc:8080', models: 'claude-opus-*' },
  fallback: { name: 'fallback', baseURL: 'http://fallback.models.svc:8080', models: 'claude-sonnet-*' },
} as const;

/** The Secret of the platform with the providers' keys. */
export const KEY_SECRET = 'story-provider-keys';

/** The application, its key and its Secret. */
export const CLIENT = 'client';

/** The ConfigMap with what runs in the story's own pods. */
export const PROGRAMS = 'story-programs';

/** Where the application tells what became of its questions. */
export const TAKE_PORT = 9090;

/** So many callers of each way to ask, streaming and not: enough to hit every pod, too few to fill two cores. */
export const CALLERS_EACH = 4;
