// Somebody who checks workflows before they are committed.
import { parseWorkflow, workflowCrd } from 'mcpworkflow';
import type { ParsedWorkflow, WorkflowSpecInput } from 'mcpworkflow';

const spec: WorkflowSpecInput = { models: { primary: 'claude-opus-4-8', fallbacks: ['claude-sonnet-4-6'] } };
const object = { apiVersion: 'ai.example.com/v1alpha1', kind: 'MCPWorkflow', metadata: { name: 'triage-bot' }, spec };

/** What is right and what is wrong. */
export const answers: readonly ParsedWorkflow[] = [
  parseWorkflow(object, { strict: true }),
  parseWorkflow({ ...object, spec: { models: {} } }, { strict: true }),
];

/** The CRD that goes with it. */
export const crd = workflowCrd();
