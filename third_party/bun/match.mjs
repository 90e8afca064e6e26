// A program fed by a journal, the smallest that meets the fault of Bun 1.3.13: each event is {"pattern":…,"text":…}, each
// answer what the pattern finds in the text, {"n":0,"found":["aaaa>"]} or {"n":0,"found":null}.
import { readSync, writeSync } from "node:fs";

const chunk = Buffer.alloc(64 * 1024);
let rest = Buffer.alloc(0);
let n = 0;
for (let got = 1; got > 0; ) {
  got = readSync(0, chunk, 0, chunk.length, null);
  rest = Buffer.concat([rest, chunk.subarray(0, got)]);
  for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
    const { pattern, text } = JSON.parse(rest.toString("utf8", 0, end));
    rest = rest.subarray(end + 1);
    writeSync(1, JSON.stringify({ n, found: new RegExp(pattern).exec(text) }) + "\n");
    n += 1;
  }
}
