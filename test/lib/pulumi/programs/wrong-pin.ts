// A spec that is wrong, which shows only when another resource has been made.
import { MCPWorkflow } from 'mcpworkflow/pulumi';
import { Late } from './late-resource.ts';

const pin = new Late('pin', 'gpt-5').value;

new MCPWorkflow('triage-bot', { spec: { pin, models: { primary: 'claude-opus-4-8' } } });
