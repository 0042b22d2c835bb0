"""The official Python clients, unmodified, against a gateway: one JSON line for each way to ask.

Usage: clients.py ANTHROPIC_BASE_URL OPENAI_BASE_URL PROMPT
"""

import json
import sys

import anthropic
import openai

anthropic_url, openai_url, prompt = sys.argv[1:]
claude = anthropic.Anthropic(base_url=anthropic_url, api_key="caller", max_retries=0)
gpt = openai.OpenAI(base_url=openai_url, api_key="caller", max_retries=0)
messages = [{"role": "user", "content": prompt}]


def messages_whole():
    answer = claude.messages.create(model="any", max_tokens=256, messages=messages)
    return "".join(block.text for block in answer.content)


def messages_stream():
    with claude.messages.stream(model="any", max_tokens=256, messages=messages) as stream:
        return "".join(block.text for block in stream.get_final_message().content)


def chat_whole():
    return gpt.chat.completions.create(model="any", messages=messages).choices[0].message.content


def chat_stream():
    chunks = gpt.chat.completions.create(model="any", messages=messages, stream=True)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def responses_whole():
    return gpt.responses.create(model="any", input=prompt).output_text


def responses_stream():
    with gpt.responses.stream(model="any", input=prompt) as stream:
        return stream.get_final_response().output_text


for ask in [messages_whole, messages_stream, chat_whole, chat_stream, responses_whole, responses_stream]:
    try:
        print(json.dumps({"ask": ask.__name__, "text": ask()}))
    except Exception as error:  # whatever it is, it is what the caller would have got
        print(json.dumps({"ask": ask.__name__, "error": f"{type(error).__name__}: {error}"}))
