// Arguments that other resources give: the operator's namespace, the URL of a provider, the model of a workflow; and a secret.
import * as pulumi from '@pulumi/pulumi';
import { MCPOperator, MCPWorkflow } from 'mcpworkflow/pulumi';
import { Late } from './late-resource.ts';

const late = (name: string, value: string) => new Late(name, value).value;

const operator = new MCPOperator('ai', {
  namespace: late('namespace', 'ml-platform'),
  image: pulumi.secret('registry.example.com/mcpworkflow:1'),
  labels: { team: late('team', 'ml') },
  providers: [
    { name: 'vllm', protocol: 'OpenAI', baseURL: late('url', 'http://vllm.ml.svc:8000/v1'), models: ['llama-*'] },
  ],
});

new MCPWorkflow('triage-bot', {
  metadata: { namespace: late('team-namespace', 'triage') },
  spec: {
    interval: '5s',
    models: {
      primary: late('model', 'llama-4'),
      providers: [
        { name: 'own', protocol: 'OpenAI', baseURL: pulumi.secret('https://own.example.com/v1'), models: ['x'] },
      ],
    },
  },
  gateway: operator.gateway,
});
