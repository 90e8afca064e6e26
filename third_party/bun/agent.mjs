// A small server for an agent: each message is put to a model over HTTP until it asks for no more tools.
//
//   POST /chat {"message":"…"}  ->  {"text":"…","requests":N}
//
// What it sends to the model holds a request id and the time of sending, as such servers do.
const model = process.env.MODEL_URL;
const port = Number(process.env.PORT);
const history = [];

const request = () => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer made-up' },
  body: JSON.stringify({
    model: 'm-1', stream: true, requestId: crypto.randomUUID(), sentAt: Date.now(), messages: history,
  }),
});

async function ask() {
  let text = '';
  try {
    text = await (await fetch(`${model}/v1/chat/completions`, request())).text();
  } catch {
    // Whether the head or the body is what breaks hangs on how segments are joined.
  }
  return read(text);
}

// The deltas of a stream of server-sent events, put together.
function read(text) {
  const message = { role: 'assistant', content: '', tool_calls: [] };
  let done = false;
  for (const line of text.split('\n')) {
    if (!line.startsWith('data: ')) continue;
    if (line === 'data: [DONE]') { done = true; break; }
    const delta = JSON.parse(line.slice(6)).choices[0].delta;
    message.content += delta.content ?? '';
    // Its index only tells the pieces of several calls apart.
    for (const { index, ...call } of delta.tool_calls ?? []) message.tool_calls.push(call);
  }
  if (!done) throw new Error('the stream ended early');
  if (message.tool_calls.length === 0) delete message.tool_calls;
  return message;
}

// The tool of this server counts letters.
const run = (call) => String(JSON.parse(call.function.arguments).word.length);

async function chat(text) {
  history.push({ role: 'user', content: text });
  for (let requests = 1; ; ++requests) {
    const message = await ask();
    history.push(message);
    if (!message.tool_calls) return { text: message.content, requests };
    for (const call of message.tool_calls) {
      history.push({ role: 'tool', tool_call_id: call.id, content: run(call) });
    }
  }
}

Bun.serve({
  port,
  hostname: '127.0.0.1',
  async fetch(request) {
    try {
      return Response.json(await chat((await request.json()).message));
    } catch (error) {
      // FRAGILE: as a server does whose streams have no catch of their own.
      if (process.env.FRAGILE) setTimeout(() => { throw error; });
      return Response.json({ error: error.message }, { status: 502 });
    }
  },
});
