// Prints a bare journal of chat-like events for highlight.mjs: scraps of TypeScript and JSX, put together by a generator
// whose seed is fixed, so that equal options give equal bytes. With --kill-at N the text of event N is the shortest that
// ends Bun 1.3.13 by a jump to address 0 (found by delta debugging from events of a real shape).
//
//   make-journal.mjs [--events 300] [--kill-at 7]
const options = { "--events": 300, "--kill-at": -1 };
for (let i = 2; i < process.argv.length; i += 2) {
  const value = Number(process.argv[i + 1]);
  if (!(process.argv[i] in options) || !Number.isSafeInteger(value)) {
    process.stderr.write("usage: make-journal.mjs [--events N] [--kill-at N]\n");
    process.exit(129);
  }
  options[process.argv[i]] = value;
}

const KILLER = "<a K=)}";
const NAMES = ["order", "Cart", "price", "useTotal", "Line", "stock"];
let state = 12345;
function below(limit) {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state >>> 8) % limit;
}
const name = () => NAMES[below(NAMES.length)];
const SCRAPS = [
  () => `const ${name()} = ${below(100)};`,
  () => `if (${name()} < ${below(9)} && ${name()} > 1) { ${name()}("x"); }`,
  () => `type ${name()} = Record<string, ${name()}>;`,
  () => `export function ${name()}<T extends ${name()}>(p: T) {\n  return (<${name()}>text</${name()}>);\n}`,
  () => `const v = <${name()} style={{ color: "red" }} ${name()}={${name()}} />;`,
];

for (let n = 0; n < options["--events"]; n += 1) {
  const scraps = Array.from({ length: 2 + below(8) }, () => SCRAPS[below(SCRAPS.length)]());
  const text = n === options["--kill-at"] ? KILLER : scraps.join("\n");
  process.stdout.write(JSON.stringify({ t: n * 137, lang: "tsx", text }) + "\n");
}
