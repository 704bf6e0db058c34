"""The scenario of the density bench in Python's asyncio: websockets and aiohttp, uvloop if UVLOOP is set.

Each user holds a WebSocket, asks for eight blocks, for eight more when the first has come, and for eight more whenever eight
have played; what is ready is fetched and dropped. No player, no facts. Settings come from the environment.
"""

import asyncio
import json
import os
import resource

import aiohttp
import websockets

BASE = os.environ["BENCH_URL"]
USERS = int(os.environ["BENCH_USERS"])
RAMP = float(os.environ["BENCH_RAMP"])
BATCH, BLOCK_SECONDS = 8, 5


async def user(number, session):
    await asyncio.sleep(RAMP * number / USERS)
    document = f"{number:08x}-0000-4000-8000-000000000000"
    heard = asyncio.Event()
    fetches = set()

    async def fetch(path):
        async with session.get(f"{BASE}/api{path}") as response:
            await response.read()
        heard.set()

    async with websockets.connect(BASE.replace("http", "ws", 1) + "/api/v1/ws/tts", compression=None) as socket:

        async def ask():
            first = 0
            while True:
                await socket.send(json.dumps({
                    "type": "synthesize", "document_id": document, "block_indices": list(range(first, first + BATCH)),
                    "model": "kokoro", "voice": "af_heart", "cursor": first, "synthesis_mode": "server"}))
                if first == 0:
                    await heard.wait()
                else:
                    await asyncio.sleep(BATCH * BLOCK_SECONDS)
                first += BATCH

        asking = asyncio.create_task(ask())
        async for text in socket:
            status = json.loads(text)
            if status["status"] == "cached":
                task = asyncio.create_task(fetch(status["audio_url"]))
                fetches.add(task)
                task.add_done_callback(fetches.discard)
        asking.cancel()


async def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(user(number, session) for number in range(USERS)))


if os.environ.get("UVLOOP"):
    import uvloop

    uvloop.run(main())
else:
    asyncio.run(main())
