// Asks a speech service with the official Node client, and prints a line of JSON for each case: what came, judging nothing.
//
//     speech_client.mjs BASE_URL KEY CASE...        as speech_client.py
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.CLAQUE_TEST_NODE_MODULES}/`);
const { OpenAI } = require('openai');

const [baseUrl, key, ...cases] = process.argv.slice(2);
const WISH = { model: 'tts-1', voice: 'alloy', input: 'Down, down, down. Would the fall never come to an end?' };

const client = (apiKey = key) => new OpenAI({ baseURL: `${baseUrl}/v1`, apiKey, maxRetries: 0, timeout: 30_000 });

const audio = (reply, content) => ({
  type: reply.headers.get('content-type'),
  bytes: content.length,
  begins: content.subarray(0, 4).toString('hex'),
});

const KINDS = {
  async whole(more) {
    const reply = await client().audio.speech.create({ ...WISH, ...more });
    return audio(reply, Buffer.from(await reply.arrayBuffer()));
  },
  async stream(more) {
    const reply = await client().audio.speech.create({ ...WISH, ...more });
    const parts = [];
    for await (const part of reply.body) parts.push(part);
    return { ...audio(reply, Buffer.concat(parts)), parts: parts.length };
  },
  async sse(more) {
    const reply = await client().audio.speech.create({ ...WISH, ...more, stream_format: 'sse' });
    const lines = (await reply.text()).split('\n').filter((line) => line.startsWith('data:'));
    const events = lines.map((line) => JSON.parse(line.slice(5)));
    const sound = events.filter((event) => event.audio).map((event) => Buffer.from(event.audio, 'base64'));
    return { ...audio(reply, Buffer.concat(sound)), types: events.map((event) => event.type), usage: events.at(-1).usage };
  },
  async models() {
    const models = [];
    for await (const model of client().models.list()) models.push(model.id);
    return { models };
  },
  wrong_model: (more) => client().audio.speech.create({ ...WISH, ...more, model: 'no-such-model' }),
  wrong_key: (more) => client('not-the-key').audio.speech.create({ ...WISH, ...more }),
};

async function tell(kind, format) {
  try {
    return await KINDS[kind](format ? { response_format: format } : {});
  } catch (error) {
    const { status, code, message } = error;
    return { raised: error.constructor.name, ...(status && { status, code, message }) };
  }
}

for (const name of cases) console.log(JSON.stringify({ case: name, ...(await tell(...name.split(':'))) }));
