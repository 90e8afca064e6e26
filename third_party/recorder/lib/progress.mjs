// A line on stderr now and then, so that whoever waits sees that it goes on.
const INTERVAL_MS = 1000;

export const makeProgress = () => {
  let last = 0;
  return text => {
    const now = performance.now();
    if (last && now - last < INTERVAL_MS) return;
    last = now;
    process.stderr.write(`record: ${text}\n`);
  };
};
