// The scenario of the density bench for Artillery: see asyncio_client.py. One virtual user is one listener; what Artillery
// has for WebSockets sends and does not listen, so the listening is a function, over the library that Artillery itself uses.

const http = require("node:http");
const WebSocket = require("ws");

const BASE = process.env.BENCH_URL;
const BATCH = 8;
const BLOCK_SECONDS = 5;
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 1024 });
let numbers = 0;

function listen(context, events, done) {
  const number = numbers++;
  const id = `${number.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
  const socket = new WebSocket(BASE.replace("http", "ws") + "/api/v1/ws/tts", { perMessageDeflate: false });
  let next = 0;
  let heard = false;
  const ask = () => {
    socket.send(JSON.stringify({
      type: "synthesize", document_id: id, block_indices: Array.from({ length: BATCH }, (_, i) => next + i),
      model: "kokoro", voice: "af_heart", cursor: next, synthesis_mode: "server",
    }));
    next += BATCH;
  };
  socket.on("open", ask);
  socket.on("message", (data) => {
    const status = JSON.parse(data);
    if (status.status !== "cached") return;
    http.get(`${BASE}/api${status.audio_url}`, { agent }, (response) => {
      response.resume();
      response.on("end", () => {
        if (heard) return;
        heard = true;
        ask();
        setInterval(ask, 1000 * BATCH * BLOCK_SECONDS);
      });
    });
  });
  socket.on("close", () => done());
}

module.exports = { listen };
