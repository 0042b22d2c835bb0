// generated from lib/api/spec.ts, do not edit: npm run generate
import type * as pulumi from '@pulumi/pulumi';

/** What should be. Kept in Git. */
export interface MCPWorkflowSpecArgs {
  /**
   * How often reality is checked, for ever (1s to 5m).
   * @default '3s'
   */
  readonly interval?: pulumi.Input<string>;
  /**
   * Freeze the route and what is known of the models. Gateways still heal requests.
   * @default false
   */
  readonly suspend?: pulumi.Input<boolean>;
  /**
   * This model first, whatever its health. A request still falls over.
   * @default none
   */
  readonly pin?: pulumi.Input<string>;
  /** Who may serve. */
  readonly models: pulumi.Input<MCPWorkflowModelsArgs>;
  /**
   * When a model is ill, from real traffic.
   * @default what its fields default to
   */
  readonly detection?: pulumi.Input<MCPWorkflowDetectionArgs>;
  /**
   * How models are asked when traffic says nothing.
   * @default what its fields default to
   */
  readonly probes?: pulumi.Input<MCPWorkflowProbesArgs>;
  /**
   * What answers have to keep to, beside the checks that are always on. At most 16.
   * @default none
   */
  readonly checks?: pulumi.Input<readonly pulumi.Input<MCPWorkflowCheckArgs>[]>;
  /**
   * How traffic returns.
   * @default what its fields default to
   */
  readonly recovery?: pulumi.Input<MCPWorkflowRecoveryArgs>;
  /**
   * Who may call this workflow through the gateway.
   * @default what its fields default to
   */
  readonly access?: pulumi.Input<MCPWorkflowAccessArgs>;
}

/** Who may serve. */
export interface MCPWorkflowModelsArgs {
  /** The model that should serve. */
  readonly primary: pulumi.Input<string>;
  /**
   * Who serves when the primary cannot, in order. No name twice, the primary included. At most 8.
   * @default none
   */
  readonly fallbacks?: pulumi.Input<readonly pulumi.Input<string>[]>;
  /**
   * This workflow's own providers, beside the operator's catalog. At most 16.
   * @default none
   */
  readonly providers?: pulumi.Input<readonly pulumi.Input<MCPWorkflowModelsProviderArgs>[]>;
  /**
   * What is special about single models. At most 9.
   * @default none
   */
  readonly overrides?: pulumi.Input<readonly pulumi.Input<MCPWorkflowModelsOverrideArgs>[]>;
}

/** An entry of `models.providers`. */
export interface MCPWorkflowModelsProviderArgs {
  /** May not be the name of a catalog provider. */
  readonly name: pulumi.Input<string>;
  /** The wire dialect: Anthropic or OpenAI (vLLM, Ollama and llama.cpp are OpenAI). */
  readonly protocol: pulumi.Input<'Anthropic' | 'OpenAI'>;
  /** Exactly what the dialect's official SDK takes as base URL. */
  readonly baseURL: pulumi.Input<string>;
  /** Which model names it serves. At most 64. */
  readonly models: pulumi.Input<readonly pulumi.Input<string>[]>;
  /**
   * The credential; absent for open endpoints. It is never inherited from the catalog.
   * @default none
   */
  readonly auth?: pulumi.Input<MCPWorkflowModelsProviderAuthArgs>;
}

/** The credential; absent for open endpoints. It is never inherited from the catalog. */
export interface MCPWorkflowModelsProviderAuthArgs {
  /** Where the credential is. */
  readonly secretRef: pulumi.Input<MCPWorkflowModelsProviderAuthSecretRefArgs>;
  /**
   * The header that carries it.
   * @default the dialect's own
   */
  readonly header?: pulumi.Input<string>;
}

/** Where the credential is. */
export interface MCPWorkflowModelsProviderAuthSecretRefArgs {
  /** A Secret of the workflow's own namespace. */
  readonly name: pulumi.Input<string>;
  /** The key in it. */
  readonly key: pulumi.Input<string>;
}

/** An entry of `models.overrides`. */
export interface MCPWorkflowModelsOverrideArgs {
  /** The model that this is about: the primary or a fallback. */
  readonly model: pulumi.Input<string>;
  /**
   * The provider to use for it.
   * @default the one whose patterns fit best, the workflow's own first
   */
  readonly provider?: pulumi.Input<string>;
  /**
   * The name sent upstream.
   * @default the model's own
   */
  readonly upstreamModel?: pulumi.Input<string>;
  /**
   * A cap on what the caller asks for, never a raise. At least 1 and at most 10000000.
   * @default none
   */
  readonly maxOutputTokens?: pulumi.Input<number>;
  /**
   * Members of the request body to set or remove for this model.
   * @default none
   */
  readonly parameters?: pulumi.Input<MCPWorkflowModelsOverrideParametersArgs>;
}

/** Members of the request body to set or remove for this model. */
export interface MCPWorkflowModelsOverrideParametersArgs {
  /**
   * Top-level members of the request to set: scalars and lists of scalars.
   * @default none
   */
  readonly set?: pulumi.Input<{ readonly [name: string]: pulumi.Input<string | number | boolean | null | readonly pulumi.Input<string | number | boolean | null>[]> }>;
  /**
   * Top-level members of the request to remove. At most 32.
   * @default none
   */
  readonly remove?: pulumi.Input<readonly pulumi.Input<string>[]>;
}

/** When a model is ill, from real traffic. */
export interface MCPWorkflowDetectionArgs {
  /**
   * So many failed requests or canaries in a row make a model ill. At least 1 and at most 100.
   * @default 3
   */
  readonly consecutiveFailures?: pulumi.Input<number>;
  /**
   * Illness by error rate.
   * @default what its fields default to
   */
  readonly errorRate?: pulumi.Input<MCPWorkflowDetectionErrorRateArgs>;
  /**
   * One attempt that does not stream (1s to 1h). Auto: by the tokens asked for, 30s to 10m.
   * @default 'Auto'
   */
  readonly requestTimeout?: pulumi.Input<string>;
  /**
   * From the request to the first event of a stream (1s to 1h). Auto: 10s and 1s per 100 KiB of body.
   * @default 'Auto'
   */
  readonly firstTokenTimeout?: pulumi.Input<string>;
  /**
   * Between two events of a stream (1s to 1h). Auto: 30s.
   * @default 'Auto'
   */
  readonly streamIdleTimeout?: pulumi.Input<string>;
  /**
   * Further tries on the same model: only for a connection reset before any byte, 500, 502, 503. At least 0 and at most 5.
   * @default 1
   */
  readonly retries?: pulumi.Input<number>;
}

/** Illness by error rate. */
export interface MCPWorkflowDetectionErrorRateArgs {
  /**
   * Percent of failed requests that makes a model ill. At least 1 and at most 100.
   * @default 50
   */
  readonly threshold?: pulumi.Input<number>;
  /**
   * The window it is measured over (1s to 1h).
   * @default '30s'
   */
  readonly window?: pulumi.Input<string>;
  /**
   * With fewer requests in the window the rate says nothing. At least 1 and at most 100000.
   * @default 10
   */
  readonly minRequests?: pulumi.Input<number>;
}

/** How models are asked when traffic says nothing. */
export interface MCPWorkflowProbesArgs {
  /**
   * How long a free probe may take (100ms to 1m); never longer than the interval less half a second.
   * @default '2s'
   */
  readonly timeout?: pulumi.Input<string>;
  /**
   * So many failed free probes in a row make a model ill. At least 1 and at most 100.
   * @default 3
   */
  readonly failureThreshold?: pulumi.Input<number>;
  /**
   * So many successes prove a model well again. At least 1 and at most 100.
   * @default 2
   */
  readonly successThreshold?: pulumi.Input<number>;
  /**
   * Auto: a small paid request, only under suspicion and to prove recovery. Off: never.
   * @default 'Auto'
   */
  readonly canary?: pulumi.Input<'Auto' | 'Off'>;
}

/** One check. It is judged on the text of an answer. */
export interface MCPWorkflowCheckArgs {
  /** What headers, errors and logs call it. */
  readonly name: pulumi.Input<string>;
  /** JSONSchema: the text is JSON that keeps to schema. Regex: the text matches pattern, or must not. NotRefused: the model did not decline. */
  readonly type: pulumi.Input<'JSONSchema' | 'Regex' | 'NotRefused'>;
  /**
   * A JSON Schema, draft 2020-12, or draft-07 where $schema says so. Nothing remote is fetched.
   * @default none
   */
  readonly schema?: pulumi.Input<{ readonly [name: string]: pulumi.Input<unknown> }>;
  /**
   * A regular expression in RE2 syntax, found anywhere in the text.
   * @default none
   */
  readonly pattern?: pulumi.Input<string>;
  /**
   * Required: an answer without a match fails. Forbidden: one with a match fails.
   * @default none
   */
  readonly match?: pulumi.Input<'Required' | 'Forbidden'>;
  /**
   * NextModel: the next model is asked. Block: nobody else is asked and the caller gets an error. Log: the answer goes on and the failure is told.
   * @default 'NextModel'
   */
  readonly onFail?: pulumi.Input<'NextModel' | 'Block' | 'Log'>;
  /**
   * Of streams. None: content goes on at once, and a stream that fails at its end ends in an error. Full: the whole stream is held until it is judged.
   * @default 'None'
   */
  readonly buffer?: pulumi.Input<'None' | 'Full'>;
}

/** How traffic returns. */
export interface MCPWorkflowRecoveryArgs {
  /**
   * Manual: each return to an earlier model needs the annotation ai.example.com/failback.
   * @default 'Automatic'
   */
  readonly failback?: pulumi.Input<'Automatic' | 'Manual'>;
  /**
   * From the first success of a recovery to the return of traffic (0s to 10m).
   * @default '5s'
   */
  readonly stabilization?: pulumi.Input<string>;
}

/** Who may call this workflow through the gateway. */
export interface MCPWorkflowAccessArgs {
  /**
   * Keys that callers may show where SDKs send theirs. Two of them are a rotation. Made by `mcpworkflow key`. At most 16.
   * @default none
   */
  readonly apiKeys?: pulumi.Input<readonly pulumi.Input<MCPWorkflowAccessApiKeyArgs>[]>;
}

/** An entry of `access.apiKeys`. */
export interface MCPWorkflowAccessApiKeyArgs {
  /** What the key is called, for people. */
  readonly name: pulumi.Input<string>;
  /** The SHA-256 of the key. The key itself is nowhere but with the caller. */
  readonly sha256: pulumi.Input<string>;
}
