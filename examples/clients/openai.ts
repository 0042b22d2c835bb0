// The OpenAI SDK as it is: it reads OPENAI_BASE_URL and OPENAI_API_KEY.
import OpenAI from 'openai';

const { data, response } = await new OpenAI().chat.completions
  .create({ model: 'gpt-5', messages: [{ role: 'user', content: 'Reply with OK.' }] })
  .withResponse();

console.log(data.choices[0]?.message.content);
console.error(`served by ${response.headers.get('x-mcpworkflow-model')}`);
