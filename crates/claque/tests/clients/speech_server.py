"""Streaming speech with a small neural voice: POST /v1/audio/speech, pcm or wav, a sentence a piece, sent when it is made.

Prints its address when its voice is ready. One request speaks at a time; the others wait. Standard library and hibari-tts.
"""

import json
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy
from hibari import Hibari

RATE = Hibari.sample_rate
UNKNOWN = 0xFFFFFFFF
HEADER = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", UNKNOWN, b"WAVE", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16, b"data", UNKNOWN)
VOICE = Hibari(threads=1)
SPEAKING = threading.Lock()


def spoken(text):
    """Samples of each sentence, 16 bits, when it is made."""
    for sentence in VOICE.split_sentences(text):
        for wave in VOICE.stream(sentence, 1.0):
            yield (numpy.clip(wave, -1, 1) * 32767).astype("<i2").tobytes()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, words):
        self.answer(status, {"error": {"message": words, "type": "invalid_request_error", "param": None, "code": None}})

    def do_GET(self):
        if self.path == "/v1/models":
            self.answer(200, {"object": "list", "data": [{"id": "hibari", "object": "model", "created": 1, "owned_by": "hibari"}]})
        else:
            self.refuse(404, "there is only speech")

    def do_POST(self):
        wish = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path != "/v1/audio/speech":
            return self.refuse(404, "there is only speech")
        kind = wish.get("response_format")
        if kind not in ("pcm", "wav"):
            return self.refuse(400, "response_format must be pcm or wav")
        self.send_response(200)
        self.send_header("content-type", "audio/wav" if kind == "wav" else f"audio/pcm;rate={RATE}")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        with SPEAKING:
            header = HEADER if kind == "wav" else b""
            for piece in spoken(wish["input"]):
                self.chunk(header + piece)
                header = b""
        self.chunk(b"")

    def chunk(self, piece):
        self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.flush()


if __name__ == "__main__":
    list(spoken("Ready."))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
