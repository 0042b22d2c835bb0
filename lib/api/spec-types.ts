// generated from lib/api/spec.ts, do not edit: npm run generate

/** What should be. Kept in Git. */
export interface MCPWorkflowSpec {
  /**
   * How often reality is checked, for ever (1s to 5m).
   * @default '3s'
   */
  readonly interval?: string;
  /**
   * Freeze the route and what is known of the models. Gateways still heal requests.
   * @default false
   */
  readonly suspend?: boolean;
  /**
   * This model first, whatever its health. A request still falls over.
   * @default none
   */
  readonly pin?: string;
  /** Who may serve. */
  readonly models: MCPWorkflowModels;
  /**
   * When a model is ill, from real traffic.
   * @default what its fields default to
   */
  readonly detection?: MCPWorkflowDetection;
  /**
   * How models are asked when traffic says nothing.
   * @default what its fields default to
   */
  readonly probes?: MCPWorkflowProbes;
  /**
   * What answers have to keep to, beside the checks that are always on. At most 16.
   * @default none
   */
  readonly checks?: readonly MCPWorkflowCheck[];
  /**
   * How traffic returns.
   * @default what its fields default to
   */
  readonly recovery?: MCPWorkflowRecovery;
  /**
   * Who may call this workflow through the gateway.
   * @default what its fields default to
   */
  readonly access?: MCPWorkflowAccess;
}

/** Who may serve. */
export interface MCPWorkflowModels {
  /** The model that should serve. */
  readonly primary: string;
  /**
   * Who serves when the primary cannot, in order. No name twice, the primary included. At most 8.
   * @default none
   */
  readonly fallbacks?: readonly string[];
  /**
   * This workflow's own providers, beside the operator's catalog. At most 16.
   * @default none
   */
  readonly providers?: readonly MCPWorkflowModelsProvider[];
  /**
   * What is special about single models. At most 9.
   * @default none
   */
  readonly overrides?: readonly MCPWorkflowModelsOverride[];
}

/** An entry of `models.providers`. */
export interface MCPWorkflowModelsProvider {
  /** May not be the name of a catalog provider. */
  readonly name: string;
  /** The wire dialect: Anthropic or OpenAI (vLLM, Ollama and llama.cpp are OpenAI). */
  readonly protocol: 'Anthropic' | 'OpenAI';
  /** Exactly what the dialect's official SDK takes as base URL. */
  readonly baseURL: string;
  /** Which model names it serves. At most 64. */
  readonly models: readonly string[];
  /**
   * The credential; absent for open endpoints. It is never inherited from the catalog.
   * @default none
   */
  readonly auth?: MCPWorkflowModelsProviderAuth;
}

/** The credential; absent for open endpoints. It is never inherited from the catalog. */
export interface MCPWorkflowModelsProviderAuth {
  /** Where the credential is. */
  readonly secretRef: MCPWorkflowModelsProviderAuthSecretRef;
  /**
   * The header that carries it.
   * @default the dialect's own
   */
  readonly header?: string;
}

/** Where the credential is. */
export interface MCPWorkflowModelsProviderAuthSecretRef {
  /** A Secret of the workflow's own namespace. */
  readonly name: string;
  /** The key in it. */
  readonly key: string;
}

/** An entry of `models.overrides`. */
export interface MCPWorkflowModelsOverride {
  /** The model that this is about: the primary or a fallback. */
  readonly model: string;
  /**
   * The provider to use for it.
   * @default the one whose patterns fit best, the workflow's own first
   */
  readonly provider?: string;
  /**
   * The name sent upstream.
   * @default the model's own
   */
  readonly upstreamModel?: string;
  /**
   * A cap on what the caller asks for, never a raise. At least 1 and at most 10000000.
   * @default none
   */
  readonly maxOutputTokens?: number;
  /**
   * Members of the request body to set or remove for this model.
   * @default none
   */
  readonly parameters?: MCPWorkflowModelsOverrideParameters;
}

/** Members of the request body to set or remove for this model. */
export interface MCPWorkflowModelsOverrideParameters {
  /**
   * Top-level members of the request to set: scalars and lists of scalars.
   * @default none
   */
  readonly set?: { readonly [name: string]: string | number | boolean | null | readonly (string | number | boolean | null)[] };
  /**
   * Top-level members of the request to remove. At most 32.
   * @default none
   */
  readonly remove?: readonly string[];
}

/** When a model is ill, from real traffic. */
export interface MCPWorkflowDetection {
  /**
   * So many failed requests or canaries in a row make a model ill. At least 1 and at most 100.
   * @default 3
   */
  readonly consecutiveFailures?: number;
  /**
   * Illness by error rate.
   * @default what its fields default to
   */
  readonly errorRate?: MCPWorkflowDetectionErrorRate;
  /**
   * One attempt that does not stream (1s to 1h). Auto: by the tokens asked for, 30s to 10m.
   * @default 'Auto'
   */
  readonly requestTimeout?: string;
  /**
   * From the request to the first event of a stream (1s to 1h). Auto: 10s and 1s per 100 KiB of body.
   * @default 'Auto'
   */
  readonly firstTokenTimeout?: string;
  /**
   * Between two events of a stream (1s to 1h). Auto: 30s.
   * @default 'Auto'
   */
  readonly streamIdleTimeout?: string;
  /**
   * Further tries on the same model: only for a connection reset before any byte, 500, 502, 503. At least 0 and at most 5.
   * @default 1
   */
  readonly retries?: number;
}

/** Illness by error rate. */
export interface MCPWorkflowDetectionErrorRate {
  /**
   * Percent of failed requests that makes a model ill. At least 1 and at most 100.
   * @default 50
   */
  readonly threshold?: number;
  /**
   * The window it is measured over (1s to 1h).
   * @default '30s'
   */
  readonly window?: string;
  /**
   * With fewer requests in the window the rate says nothing. At least 1 and at most 100000.
   * @default 10
   */
  readonly minRequests?: number;
}

/** How models are asked when traffic says nothing. */
export interface MCPWorkflowProbes {
  /**
   * How long a free probe may take (100ms to 1m); never longer than the interval less half a second.
   * @default '2s'
   */
  readonly timeout?: string;
  /**
   * So many failed free probes in a row make a model ill. At least 1 and at most 100.
   * @default 3
   */
  readonly failureThreshold?: number;
  /**
   * So many successes prove a model well again. At least 1 and at most 100.
   * @default 2
   */
  readonly successThreshold?: number;
  /**
   * Auto: a small paid request, only under suspicion and to prove recovery. Off: never.
   * @default 'Auto'
   */
  readonly canary?: 'Auto' | 'Off';
}

/** One check. It is judged on the text of an answer. */
export interface MCPWorkflowCheck {
  /** What headers, errors and logs call it. */
  readonly name: string;
  /** JSONSchema: the text is JSON that keeps to schema. Regex: the text matches pattern, or must not. NotRefused: the model did not decline. */
  readonly type: 'JSONSchema' | 'Regex' | 'NotRefused';
  /**
   * A JSON Schema, draft 2020-12, or draft-07 where $schema says so. Nothing remote is fetched.
   * @default none
   */
  readonly schema?: { readonly [name: string]: unknown };
  /**
   * A regular expression in RE2 syntax, found anywhere in the text.
   * @default none
   */
  readonly pattern?: string;
  /**
   * Required: an answer without a match fails. Forbidden: one with a match fails.
   * @default none
   */
  readonly match?: 'Required' | 'Forbidden';
  /**
   * NextModel: the next model is asked. Block: nobody else is asked and the caller gets an error. Log: the answer goes on and the failure is told.
   * @default 'NextModel'
   */
  readonly onFail?: 'NextModel' | 'Block' | 'Log';
  /**
   * Of streams. None: content goes on at once, and a stream that fails at its end ends in an error. Full: the whole stream is held until it is judged.
   * @default 'None'
   */
  readonly buffer?: 'None' | 'Full';
}

/** How traffic returns. */
export interface MCPWorkflowRecovery {
  /**
   * Manual: each return to an earlier model needs the annotation ai.example.com/failback.
   * @default 'Automatic'
   */
  readonly failback?: 'Automatic' | 'Manual';
  /**
   * From the first success of a recovery to the return of traffic (0s to 10m).
   * @default '5s'
   */
  readonly stabilization?: string;
}

/** Who may call this workflow through the gateway. */
export interface MCPWorkflowAccess {
  /**
   * Keys that callers may show where SDKs send theirs. Two of them are a rotation. Made by `mcpworkflow key`. At most 16.
   * @default none
   */
  readonly apiKeys?: readonly MCPWorkflowAccessApiKey[];
}

/** An entry of `access.apiKeys`. */
export interface MCPWorkflowAccessApiKey {
  /** What the key is called, for people. */
  readonly name: string;
  /** The SHA-256 of the key. The key itself is nowhere but with the caller. */
  readonly sha256: string;
}
