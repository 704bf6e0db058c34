"""An engine that stays up for claque: a voice of Piper.

    claque serve --engine 'persistent: python3 engines/piper_engine.py VOICE.onnx'

Reads requests as lines of JSON on its standard input, and answers each with a line of JSON and the WAV behind it; docs/engines.md
tells the protocol. Needs the package piper-tts, and the voice's .onnx with its .onnx.json beside it. The voice asked for is passed
over: there is one.
"""

import io
import json
import sys
import wave

from piper import PiperVoice

OUT = sys.stdout.buffer
# What others print is talk, and must not come between the lines.
sys.stdout = sys.stderr


def say(value, audio=b""):
    OUT.write(json.dumps(value).encode() + b"\n" + audio)
    OUT.flush()


def speak(voice, text):
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        voice.synthesize_wav(text, out)
    return file.getvalue()


def main():
    if len(sys.argv) != 2:
        sys.exit("give the path of a voice's .onnx file")
    voice = PiperVoice.load(sys.argv[1])
    # The first text is the slowest, so nobody's block is.
    speak(voice, "Ready.")
    say({"ready": True})
    for line in sys.stdin:
        try:
            audio = speak(voice, json.loads(line)["text"])
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})
        else:
            say({"bytes": len(audio)}, audio)


if __name__ == "__main__":
    main()
