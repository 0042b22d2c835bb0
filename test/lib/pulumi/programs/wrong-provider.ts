// A provider whose URL the catalog refuses, told by an Output.
import * as pulumi from '@pulumi/pulumi';
import { MCPOperator } from 'mcpworkflow/pulumi';

new MCPOperator('ai', {
  providers: [{ name: 'vllm', protocol: 'OpenAI', baseURL: pulumi.output('ftp://vllm'), models: ['llama-*'] }],
});
