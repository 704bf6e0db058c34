// The scenario of the density bench for k6: see asyncio_client.py. Settings come from the environment.

import http from "k6/http";
import { WebSocket } from "k6/websockets";
import { setTimeout } from "k6/timers";
import exec from "k6/execution";

const BASE = __ENV.BENCH_URL;
const USERS = Number(__ENV.BENCH_USERS);
const RAMP = Number(__ENV.BENCH_RAMP);
const BATCH = 8;
const BLOCK_SECONDS = 5;

export const options = {
  scenarios: { listeners: { executor: "per-vu-iterations", vus: USERS, iterations: 1, maxDuration: "2h" } },
};

export default function () {
  const number = exec.vu.idInTest - 1;
  setTimeout(() => listen(number), (1000 * RAMP * number) / USERS);
}

function listen(number) {
  const id = `${number.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
  const socket = new WebSocket(BASE.replace("http", "ws") + "/api/v1/ws/tts");
  let next = 0;
  let heard = false;
  const ask = () => {
    socket.send(JSON.stringify({
      type: "synthesize", document_id: id, block_indices: Array.from({ length: BATCH }, (_, i) => next + i),
      model: "kokoro", voice: "af_heart", cursor: next, synthesis_mode: "server",
    }));
    next += BATCH;
  };
  const askAgain = () => {
    ask();
    setTimeout(askAgain, 1000 * BATCH * BLOCK_SECONDS);
  };
  socket.onopen = ask;
  socket.onmessage = (message) => {
    const status = JSON.parse(message.data);
    if (status.status !== "cached") return;
    http.asyncRequest("GET", `${BASE}/api${status.audio_url}`, null, { responseType: "none" }).then(() => {
      if (!heard) {
        heard = true;
        askAgain();
      }
    });
  };
}
