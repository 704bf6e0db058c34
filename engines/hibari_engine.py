"""An engine that stays up for claque: hibari-tts, a small neural voice that comes with its package.

    claque serve --engine 'persistent: python3 engines/hibari_engine.py'

Reads requests as lines of JSON on its standard input, and answers each with a line of JSON and the WAV behind it; docs/engines.md
tells the protocol. Needs the package hibari-tts. The voice asked for is passed over: there is one.
"""

import io
import json
import sys
import wave

import numpy
from hibari import Hibari

OUT = sys.stdout.buffer
# What others print is talk, and must not come between the lines.
sys.stdout = sys.stderr


def say(value, audio=b""):
    OUT.write(json.dumps(value).encode() + b"\n" + audio)
    OUT.flush()


def speak(voice, text):
    pieces = [piece for sentence in voice.split_sentences(text) for piece in voice.stream(sentence, 1.0)]
    samples = (numpy.clip(numpy.concatenate(pieces), -1, 1) * 32767).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(Hibari.sample_rate)
        out.writeframes(samples.tobytes())
    return file.getvalue()


def main():
    voice = Hibari(threads=1)
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
