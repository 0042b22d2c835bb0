// The Anthropic SDK as it is: it reads ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY.
import Anthropic from '@anthropic-ai/sdk';

const { data, response } = await new Anthropic().messages
  .create({
    model: 'claude-opus-4-8',
    max_tokens: 256,
    messages: [{ role: 'user', content: 'Reply with OK.' }],
  })
  .withResponse();

for (const block of data.content) if (block.type === 'text') console.log(block.text);
console.error(`served by ${response.headers.get('x-mcpworkflow-model')}`);
