// Programs that fail, each with the platform that is there and one workflow that cannot be.
import * as k8s from '@pulumi/kubernetes';
import { MCPWorkflow } from '../../lib/pulumi/index.ts';

const inDefault = (name: string) => ({ name, namespace: 'default' });

/** What each makes beside the platform. */
export const refusedPrograms = {
  'breaks a rule of the CRD': () =>
    new k8s.apiextensions.CustomResource('refused', {
      apiVersion: 'ai.example.com/v1alpha1',
      kind: 'MCPWorkflow',
      metadata: inDefault('refused'),
      spec: { models: { primary: 'claude-opus-4-8', fallbacks: ['claude-opus-4-8'] } },
    }),
  'has a label that is none': () =>
    new MCPWorkflow('refused', {
      metadata: { ...inDefault('refused'), labels: { team: 'no label' } },
      spec: { models: { primary: 'claude-opus-4-8' } },
    }),
  'is served by nobody': () =>
    new MCPWorkflow(
      'stray',
      { metadata: inDefault('stray'), spec: { models: { primary: 'served-by-nobody' } } },
      { customTimeouts: { create: '2s' } },
    ),
} as const;

/** One of them. */
export type RefusedProgram = keyof typeof refusedPrograms;
