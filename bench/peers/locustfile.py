"""The scenario of the density bench for Locust: see asyncio_client.py. Settings come from the environment."""

import itertools
import json
import os

import gevent.event
import gevent
from locust import User, constant, task
from locust.contrib.fasthttp import FastHttpSession
from websocket import create_connection

BASE = os.environ["BENCH_URL"]
BATCH, BLOCK_SECONDS = 8, 5
numbers = itertools.count()


class Listener(User):
    wait_time = constant(0)
    host = BASE

    @task
    def listen(self):
        document = f"{next(numbers):08x}-0000-4000-8000-000000000000"
        client = FastHttpSession(base_url=BASE, request_event=self.environment.events.request, user=self)
        socket = create_connection(BASE.replace("http", "ws", 1) + "/api/v1/ws/tts")
        heard = gevent.event.Event()

        def fetch(path):
            client.get(f"/api{path}", name="audio")
            heard.set()

        def ask():
            for first in itertools.count(0, BATCH):
                socket.send(json.dumps({
                    "type": "synthesize", "document_id": document, "block_indices": list(range(first, first + BATCH)),
                    "model": "kokoro", "voice": "af_heart", "cursor": first, "synthesis_mode": "server"}))
                if first == 0:
                    heard.wait()
                else:
                    gevent.sleep(BATCH * BLOCK_SECONDS)

        gevent.spawn(ask)
        while True:
            status = json.loads(socket.recv())
            if status["status"] == "cached":
                gevent.spawn(fetch, status["audio_url"])
