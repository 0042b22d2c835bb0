// A spec that is wrong, which shows only when another resource has been made. It names a Secret, for which there would be a Role.
import { MCPWorkflow } from 'mcpworkflow/pulumi';
import { Late } from './late-resource.ts';

const pin = new Late('pin', 'gpt-5').value;

const auth = { secretRef: { name: 'vllm', key: 'api-key' } };
const vllm = {
  name: 'vllm',
  protocol: 'OpenAI',
  baseURL: 'http://vllm.ml.svc:8000/v1',
  models: ['llama-*'],
  auth,
} as const;

new MCPWorkflow('triage-bot', { spec: { pin, models: { primary: 'llama-4', providers: [vllm] } } });
