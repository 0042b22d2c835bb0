#!/bin/sh
# What the SDKs do, by hand: the answer streams, and its headers say who serves it.
curl --silent --show-error --fail-with-body --no-buffer --include \
  "$ANTHROPIC_BASE_URL/v1/messages" \
  --header "x-api-key: $ANTHROPIC_API_KEY" \
  --header 'anthropic-version: 2023-06-01' \
  --header 'content-type: application/json' \
  --data '{
    "model": "claude-opus-4-8",
    "max_tokens": 256,
    "stream": true,
    "messages": [{"role": "user", "content": "Reply with OK."}]
  }'
