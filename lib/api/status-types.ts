// generated from lib/api/status.ts, do not edit: npm run generate

/** What is. Written by the operator, never by people. */
export interface MCPWorkflowStatus {
  /** The generation of the spec that this status speaks of. */
  readonly observedGeneration: number | undefined;
  /** The conditions in one word. */
  readonly phase: 'Suspended' | 'Pending' | 'Unavailable' | 'Rerouted' | 'Degraded' | 'Healthy' | undefined;
  /** The model that requests go to first. */
  readonly activeModel: string | undefined;
  /** When it became active. */
  readonly activeSince: string | undefined;
  /** Why this model is active or what is wrong. */
  readonly reason: string | undefined;
  /** What happened, and what still has to happen before the primary returns. */
  readonly message: string | undefined;
  /** How often the active model has changed. */
  readonly switches: number | undefined;
  /** Every model, in spec order. */
  readonly models: readonly MCPWorkflowStatusModel[] | undefined;
  /** The last transitions, oldest first. */
  readonly transitions: readonly MCPWorkflowStatusTransition[] | undefined;
  /** The conditions. */
  readonly conditions: readonly MCPWorkflowStatusCondition[] | undefined;
}

/** An entry of `models`. */
export interface MCPWorkflowStatusModel {
  /** The model, as the spec names it. */
  readonly name: string;
  /** The provider that serves it. */
  readonly provider: string | undefined;
  /** A short hash of what is really called; an entry counts only while it is current. */
  readonly target: string | undefined;
  /** Unknown, Healthy, Unhealthy, Recovering or NotServing. */
  readonly state: string;
  /** What made it ill: a probe, or inference itself. */
  readonly rank: 'Probe' | 'Inference' | undefined;
  /** Why it is in this state. */
  readonly reason: string | undefined;
  /** When it entered this state. */
  readonly since: string;
  /** Until when the provider asked us to hold back. */
  readonly throttledUntil: string | undefined;
}

/** An entry of `transitions`. */
export interface MCPWorkflowStatusTransition {
  /** Route: the active model changed. Model: a model changed state. */
  readonly kind: 'Route' | 'Model';
  /** The model that changed state; absent for a route. */
  readonly subject: string | undefined;
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
  /** The generation that this speaks of. */
  readonly observedGeneration: number | undefined;
  /** When the status last changed. */
  readonly lastTransitionTime: string;
  /** Why, in one word. */
  readonly reason: string;
  /** Why, in a sentence. */
  readonly message: string;
}
