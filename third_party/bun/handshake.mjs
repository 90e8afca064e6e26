// A program fed by a journal: a pool of one SSH connection, and the listener that it connects to. Each event is
// {"op":…}, each answer tells what came of it, {"n":3,"op":"run","state":"ready","output":"uptime"}; an answer holds no
// port and no time. It needs "network":"loopback" in its engine file.
//
//   listen     a listener on the loopback, with an SSH server behind it
//   mute       from now on the listener takes connections and says nothing, as a frozen sshd does
//   unmute     …and speaks again
//   connect    a new client connects; the pool waits for "timeout_ms", 10,000 unless told otherwise, and the
//              client's own handshake timer runs a little longer
//   run        the text of "command" goes to the server and comes back
//   drop       the server ends the connection; answered when the client has noticed
//   reconnect  the pool's same client connects once more, as above
//   settle     waits until the client is ready or has closed
//
// The fault, as it was found in a server: whoever connects arms a timer of the pool's own and an `error` listener, and
// takes both away when the connection is ready or the timer has run out. The client's own handshake timer runs on. When
// that fires, its `error` event has no listener, and the runtime ends. With --permanent-listener the pool keeps one.
import { generateKeyPairSync } from "node:crypto";
import { writeSync } from "node:fs";
import net from "node:net";
import { createInterface } from "node:readline";
import ssh2 from "ssh2";

const POOL_TIMEOUT_MS = 10_000;
const HANDSHAKE_LONGER_MS = 300;
const permanent = process.argv.includes("--permanent-listener");

const connections = new Set(); // the server's
let muted = false;
let port = 0;

// Not the key maker of ssh2: now and then it makes one that ssh2 itself takes for malformed.
const { privateKey } = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "sec1", format: "pem" },
});

// Repeats each command.
const server = new ssh2.Server({ hostKeys: [privateKey] }, (connection) => {
  connections.add(connection);
  connection.on("close", () => connections.delete(connection));
  connection.on("error", () => {});
  connection.on("authentication", (attempt) => attempt.accept());
  connection.on("session", (accept) => {
    accept().on("exec", (acceptExec, _reject, info) => {
      const stream = acceptExec();
      stream.write(info.command);
      stream.exit(0);
      stream.end();
    });
  });
});

// Before the server: what it takes while it is muted goes nowhere.
const listener = net.createServer((socket) => {
  socket.on("error", () => {});
  if (muted) return socket.resume();
  const inner = net.connect(server.address().port, "127.0.0.1");
  inner.on("error", () => socket.destroy());
  inner.on("close", () => socket.end());
  socket.on("close", () => inner.end());
  socket.pipe(inner);
  inner.pipe(socket);
});

// `busy`: the client has a socket.
const pool = { client: null, busy: false, state: "none", reason: undefined, change: () => {} };

function become(state, reason) {
  pool.state = state;
  pool.reason = reason;
  pool.change();
}

// The first reason counts: a client that has failed goes on to lose its connection.
function fail(error) {
  if (pool.state !== "failed") become("failed", error.message);
}

function newClient() {
  const client = new ssh2.Client();
  client.on("close", () => {
    pool.busy = false;
    become(pool.state === "failed" ? "failed" : "closed", pool.reason);
  });
  if (permanent) client.on("error", fail);
  return client;
}

// Answers when the connection is ready, has failed, or the pool has lost its patience.
function open(client, timeout_ms = POOL_TIMEOUT_MS) {
  return new Promise((resolve) => {
    const onReady = () => done("ready");
    const onError = (error) => {
      fail(error);
      done("failed", pool.reason);
    };
    const timer = setTimeout(() => done("given up", "the pool's own timer"), timeout_ms);
    function done(state, reason) {
      clearTimeout(timer);
      client.removeListener("ready", onReady);
      client.removeListener("error", onError); // here
      become(state, reason);
      resolve();
    }
    client.on("ready", onReady);
    client.on("error", onError);
    pool.busy = true;
    become("connecting");
    const readyTimeout = timeout_ms + HANDSHAKE_LONGER_MS;
    client.connect({ host: "127.0.0.1", port, username: "pool", password: "none", readyTimeout });
  });
}

function until(test) {
  return new Promise((resolve) => {
    pool.change = () => {
      if (test()) resolve();
    };
    pool.change();
  });
}

function run(command) {
  return new Promise((resolve) => {
    pool.client.exec(command, (error, stream) => {
      if (error) return resolve(error.message);
      let output = "";
      stream.on("data", (data) => (output += data));
      stream.on("close", () => resolve(output));
    });
  });
}

const ACTS = {
  async listen() {
    for (const each of [server, listener]) await new Promise((resolve) => each.listen(0, "127.0.0.1", resolve));
    port = listener.address().port;
  },
  async mute() {
    muted = true;
  },
  async unmute() {
    muted = false;
  },
  async connect(event) {
    pool.client = newClient();
    await open(pool.client, event.timeout_ms);
  },
  async reconnect(event) {
    await open(pool.client, event.timeout_ms);
  },
  async run(event) {
    return pool.state === "ready" ? { output: await run(String(event.command)) } : {};
  },
  async drop() {
    for (const connection of connections) connection.end();
    await until(() => !pool.busy);
  },
  async settle() {
    await until(() => pool.state === "ready" || !pool.busy);
  },
};

let n = 0;
async function answer(line) {
  const event = JSON.parse(line);
  const act = Object.hasOwn(ACTS, event.op) ? ACTS[event.op] : async () => ({ error: "no such op" });
  const more = await act(event);
  const reason = pool.reason === undefined ? {} : { reason: pool.reason };
  writeSync(1, JSON.stringify({ n, op: event.op, state: pool.state, ...reason, ...more }) + "\n");
  n += 1;
}

// No await at the top: Bun 1.4 lives on behind an error that nobody caught while one is pending.
let last = Promise.resolve();
createInterface({ input: process.stdin })
  .on("line", (line) => (last = last.then(() => answer(line))))
  .on("close", () => last.then(() => process.exit(0)));
