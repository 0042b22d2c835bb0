"""The Anthropic SDK as it is: it reads ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY."""

import sys

import anthropic

answer = anthropic.Anthropic().messages.with_raw_response.create(
    model="claude-opus-4-8",
    max_tokens=256,
    messages=[{"role": "user", "content": "Reply with OK."}],
)
for block in answer.parse().content:
    print(block.text)
print("served by", answer.headers["x-mcpworkflow-model"], file=sys.stderr)
