"""Asks a speech service with the official Python client, and prints a line of JSON for each case: what came, judging nothing.

    speech_client.py BASE_URL KEY CASE...        a case is a name below and, behind a colon, its format: stream:pcm
"""

import base64
import json
import sys

import openai

BASE_URL, KEY, *CASES = sys.argv[1:]
WISH = {"model": "tts-1", "voice": "alloy", "input": "Down, down, down. Would the fall never come to an end?"}


def client(key=KEY):
    return openai.OpenAI(base_url=BASE_URL + "/v1", api_key=key, max_retries=0, timeout=30)


def whole(**more):
    """The answer in one."""
    reply = client().audio.speech.with_raw_response.create(**WISH | more)
    return audio(reply.headers, reply.content)


def stream(**more):
    """The answer while it comes."""
    with client().audio.speech.with_streaming_response.create(**WISH | more) as reply:
        parts = list(reply.iter_bytes())
        return audio(reply.headers, b"".join(parts)) | {"parts": len(parts)}


def sse(**more):
    """The answer as events."""
    with client().audio.speech.with_streaming_response.create(**WISH | more, stream_format="sse") as reply:
        events = [json.loads(line.removeprefix("data:")) for line in reply.iter_lines() if line.startswith("data:")]
        sound = b"".join(base64.b64decode(event["audio"]) for event in events if "audio" in event)
        return audio(reply.headers, sound) | {"types": [event["type"] for event in events], "usage": events[-1].get("usage")}


def models(**_):
    return {"models": [model.id for model in client().models.list()]}


def wrong_model(**more):
    return client().audio.speech.create(**WISH | more | {"model": "no-such-model"})


def wrong_key(**more):
    return client("not-the-key").audio.speech.create(**WISH | more)


def audio(headers, content):
    return {"type": headers["content-type"], "bytes": len(content), "begins": content[:4].hex()}


def tell(case):
    name, _, kind = case.partition(":")
    try:
        return globals()[name](**{"response_format": kind} if kind else {})
    except openai.APIStatusError as error:
        return {"raised": type(error).__name__, "status": error.status_code, "code": error.code, "message": str(error)}
    except Exception as error:  # whatever the client makes of it
        return {"raised": type(error).__name__}


for case in CASES:
    print(json.dumps({"case": case} | tell(case)), flush=True)
