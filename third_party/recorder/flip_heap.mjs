// Copies a kernel directory and flips bits of one heap snapshot in the copy, as a failing disk or memory would have
// before the snapshot was packed: it unpacks without complaint, but is not what its recorded hash promises.
import fs from 'node:fs';
import zlib from 'node:zlib';
import { parseArgs } from 'node:util';
import { openStore } from './lib/store.mjs';

const EXIT_USAGE = 129;

const USAGE = `usage: run-node recorder/flip_heap.mjs KERNEL_DIR OUT_DIR --vat VAT --position N --byte N [--mask N]

  KERNEL_DIR    directory with a swingstore.sqlite; is not changed
  OUT_DIR       must not exist; appears whole or not at all
  --vat VAT     ID (v6) or name (ledger)
  --position N  transcript position of the save-snapshot
  --byte N      which byte of the raw heap
  --mask N      which bits of it, 1 to 255 (default 1)
`;

class UsageError extends Error {}

const toCount = (name, text, maximum) => {
  const value = /^[0-9]+$/.test(text ?? '') ? Number(text) : NaN;
  if (!(value <= maximum)) throw new UsageError(`--${name} must be a number up to ${maximum}`);
  return value;
};

const parse = args => {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        vat: { type: 'string' },
        position: { type: 'string' },
        byte: { type: 'string' },
        mask: { type: 'string', default: '1' },
      },
    });
  } catch (problem) {
    throw new UsageError(problem.message);
  }
  const { values, positionals } = parsed;
  if (positionals.length !== 2 || !values.vat) throw new UsageError('KERNEL_DIR, OUT_DIR and --vat are needed');
  const [kernelDir, outDir] = positionals;
  if (fs.existsSync(outDir)) throw new UsageError(`${outDir} exists already`);
  const mask = toCount('mask', values.mask, 255);
  if (mask === 0) throw new UsageError('--mask 0 changes nothing');
  return {
    kernelDir,
    outDir,
    vat: values.vat,
    position: toCount('position', values.position, Number.MAX_SAFE_INTEGER),
    byte: toCount('byte', values.byte, Number.MAX_SAFE_INTEGER),
    mask,
  };
};

const flip = (directory, { vat, position, byte, mask }) => {
  const store = openStore(directory);
  const vatID = store.vatID(vat);
  const row = store.snapshot(vatID, position);
  const contents = zlib.gunzipSync(row.compressedSnapshot);
  if (byte >= contents.length) throw new UsageError(`the heap has ${contents.length} bytes only`);
  contents[byte] ^= mask;
  store.transaction(() =>
    store.setSnapshot(vatID, position, { hash: row.hash, contents, compressed: zlib.gzipSync(contents) }),
  );
  store.close();
  return { vat: vatID, position, byte, size: contents.length };
};

try {
  const options = parse(process.argv.slice(2));
  const workDir = `${options.outDir.replace(/\/+$/, '')}.incomplete`;
  fs.rmSync(workDir, { recursive: true, force: true });
  fs.cpSync(options.kernelDir, workDir, { recursive: true });
  const report = flip(workDir, options);
  fs.renameSync(workDir, options.outDir);
  process.stdout.write(`${JSON.stringify(report)}\n`);
} catch (problem) {
  if (!(problem instanceof UsageError)) throw problem;
  process.stderr.write(`flip_heap: ${problem.message}\n\n${USAGE}`);
  process.exitCode = EXIT_USAGE;
}
