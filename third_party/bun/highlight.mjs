// A program fed by a journal: one JSON event on each line of standard input, one JSON answer on each line of standard
// output, in order. It marks up the event's text as a chat client would before it shows it, and answers with what came
// of it: {"n":0,"tokens":41,"html_sha":"…"}. Its input decides its output; it reads no clock and no file.
//
// Reads and writes synchronously, so that an answer is out before the next event is looked at.
import { createHash } from "node:crypto";
import { readSync, writeSync } from "node:fs";
import Prism from "prismjs";
import "prismjs/components/prism-typescript.js";
import "prismjs/components/prism-jsx.js";
import "prismjs/components/prism-tsx.js";

const chunk = Buffer.alloc(64 * 1024);

function* lines() {
  let rest = Buffer.alloc(0);
  for (;;) {
    const got = readSync(0, chunk, 0, chunk.length, null);
    if (got === 0) return;
    rest = Buffer.concat([rest, chunk.subarray(0, got)]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield rest.toString("utf8", 0, end);
      rest = rest.subarray(end + 1);
    }
  }
}

function answerTo(event, n) {
  const text = typeof event.text === "string" ? event.text : "";
  const grammar = Prism.languages[event.lang] ?? Prism.languages.tsx;
  const html = Prism.highlight(text, grammar, "tsx");
  const sha = createHash("sha256").update(html).digest("hex");
  return { n, tokens: html.split("<span").length - 1, html_sha: sha };
}

let n = 0;
for (const line of lines()) {
  writeSync(1, JSON.stringify(answerTo(JSON.parse(line), n)) + "\n");
  n += 1;
}
