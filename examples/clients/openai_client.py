"""The OpenAI SDK as it is: it reads OPENAI_BASE_URL and OPENAI_API_KEY."""

import sys

import openai

answer = openai.OpenAI().chat.completions.with_raw_response.create(
    model="gpt-5",
    messages=[{"role": "user", "content": "Reply with OK."}],
)
print(answer.parse().choices[0].message.content)
print("served by", answer.headers["x-mcpworkflow-model"], file=sys.stderr)
