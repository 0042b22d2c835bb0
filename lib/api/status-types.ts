// generated from lib/api/status.ts, do not edit: npm run generate

/** What is. Written by the operator, never by people. */
export interface MCPWorkflowStatus {
  /**
   * The generation of the spec that this status speaks of. From -9007199254740991 to 9007199254740991.
   * @default none
   */
  readonly observedGeneration?: number;
  /**
   * The conditions in one word.
   * @default none
   */
  readonly phase?: 'Suspended' | 'Pending' | 'Unavailable' | 'Rerouted' | 'Degraded' | 'Healthy';
  /**
   * The model that requests go to first.
   * @default none
   */
  readonly activeModel?: string;
  /**
   * When it became active.
   * @default none
   */
  readonly activeSince?: string;
  /**
   * Why this model is active or what is wrong.
   * @default none
   */
  readonly reason?: string;
  /**
   * What happened, and what still has to happen before the primary returns.
   * @default none
   */
  readonly message?: string;
  /**
   * How often the active model has changed. From 0 to 9007199254740991.
   * @default none
   */
  readonly switches?: number;
  /**
   * Every model, in spec order. At most 9.
   * @default none
   */
  readonly models?: readonly MCPWorkflowStatusModel[];
  /**
   * The last transitions, oldest first. At most 10.
   * @default none
   */
  readonly transitions?: readonly MCPWorkflowStatusTransition[];
  /**
   * The conditions. At most 16.
   * @default none
   */
  readonly conditions?: readonly MCPWorkflowStatusCondition[];
}

/** An entry of `models`. */
export interface MCPWorkflowStatusModel {
  /** The model, as the spec names it. */
  readonly name: string;
  /**
   * The provider that serves it.
   * @default none
   */
  readonly provider?: string;
  /**
   * A short hash of what is really called; an entry counts only while it is current.
   * @default none
   */
  readonly target?: string;
  /** Unknown, Healthy, Unhealthy, Recovering or NotServing. */
  readonly state: string;
  /**
   * What made it ill: a probe, or inference itself.
   * @default none
   */
  readonly rank?: 'Probe' | 'Inference';
  /**
   * Why it is in this state.
   * @default none
   */
  readonly reason?: string;
  /** When it entered this state. */
  readonly since: string;
  /**
   * Until when the provider asked us to hold back.
   * @default none
   */
  readonly throttledUntil?: string;
}

/** An entry of `transitions`. */
export interface MCPWorkflowStatusTransition {
  /** Route: the active model changed. Model: a model changed state. */
  readonly kind: 'Route' | 'Model';
  /**
   * The model that changed state; absent for a route.
   * @default none
   */
  readonly subject?: string;
  /** What it was. */
  readonly from: string;
  /** What it became. */
  readonly to: string;
  /** Why. */
  readonly reason: string;
  /** When. */
  readonly at: string;
}

/** An entry of `conditions`. */
export interface MCPWorkflowStatusCondition {
  /** The condition. */
  readonly type: string;
  /** True, False or Unknown. */
  readonly status: 'True' | 'False' | 'Unknown';
  /**
   * The generation that this speaks of. From 0 to 9007199254740991.
   * @default none
   */
  readonly observedGeneration?: number;
  /** When the status last changed. */
  readonly lastTransitionTime: string;
  /** Why, in one word. */
  readonly reason: string;
  /** Why, in a sentence. */
  readonly message: string;
}
