// chain.slog: one JSON object per line, as a node writes it.
import fs from 'node:fs';

const BUFFER_CHARS_MAX = 1 << 20;

const replacer = (_key, value) => {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Error) return { errorType: value.name, message: value.message, stack: value.stack };
  return value;
};

/**
 * Writes the lines and counts, on the way, what only the slog tells: cranks, and deliveries that failed. A failed
 * delivery is undone, so no database has it.
 *
 * @param {string} path
 */
export const makeSlogWriter = path => {
  const fd = fs.openSync(path, 'wx');
  const counts = { lines: 0, cranks: 0, deliveries: 0, replayed: 0, syscalls: 0 };
  const failures = [];
  const complaints = [];
  let pending = [];
  let pendingChars = 0;

  const flush = () => {
    if (pending.length) fs.writeSync(fd, pending.join(''));
    pending = [];
    pendingChars = 0;
  };

  const observe = entry => {
    counts.lines += 1;
    switch (entry.type) {
      case 'crank-start':
        counts.cranks += 1;
        break;
      case 'syscall':
        if (!entry.replay) counts.syscalls += 1;
        break;
      case 'deliver-result':
        if (entry.replay) {
          counts.replayed += 1;
          break;
        }
        counts.deliveries += 1;
        if (entry.dr[0] !== 'ok') {
          const { vatID, crankNum, deliveryNum, dispatch, dr } = entry;
          failures.push({
            vatID,
            crankNum: Number(crankNum),
            deliveryNum: Number(deliveryNum),
            dispatch,
            error: `${dr[1]}`,
          });
        }
        break;
      case 'console':
        if (entry.source === 'vat' && entry.level === 'error') complaints.push(JSON.stringify(entry, replacer));
        break;
      default:
    }
  };

  const slogSender = entry => {
    observe(entry);
    const line = `${JSON.stringify(entry, replacer)}\n`;
    pending.push(line);
    pendingChars += line.length;
    if (pendingChars > BUFFER_CHARS_MAX) flush();
  };

  const close = () => {
    flush();
    fs.closeSync(fd);
  };

  return harden({
    slogSender,
    flush,
    close,
    counts: () => ({ ...counts }),
    failures: () => [...failures],
    complaints: () => [...complaints],
  });
};
