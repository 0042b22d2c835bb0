// Two operators in one namespace, the name of which each gets from somewhere else.
import * as pulumi from '@pulumi/pulumi';
import { MCPOperator } from 'mcpworkflow/pulumi';

new MCPOperator('first', { namespace: pulumi.output('shared') });
new MCPOperator('second', { namespace: 'shared' });
