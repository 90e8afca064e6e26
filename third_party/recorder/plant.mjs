// Copies a kernel directory and changes one thing in the copy, so that the recording disagrees with a true replay in
// exactly that way. All hashes of the copy are right: only running the vat again shows the difference.
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { applyChange, CHANGES, fits } from './lib/changes.mjs';
import { openStore } from './lib/store.mjs';
import { parseItem } from './lib/transcript.mjs';

const EXIT_USAGE = 129;

const USAGE = `usage: run-node recorder/plant.mjs KERNEL_DIR OUT_DIR --vat VAT [--position N|auto] --change CHANGE

  KERNEL_DIR       directory with a swingstore.sqlite; is not changed
  OUT_DIR          must not exist; appears whole or not at all
  --vat VAT        ID (v6) or name (ledger)
  --position N     transcript position to change; auto (default): one in the middle that is suitable
  --change CHANGE  ${CHANGES.join(' | ')}

Prints {"vat","position","change","index","was","now"}; index is that of the syscall, or null.

example: run-node recorder/plant.mjs rec/kernel planted --vat ledger --change wrong-syscall
`;

class UsageError extends Error {}

const parse = args => {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        vat: { type: 'string' },
        position: { type: 'string', default: 'auto' },
        change: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (problem) {
    throw new UsageError(problem.message);
  }
  const { values, positionals } = parsed;
  if (values.help) return undefined;
  if (positionals.length !== 2) throw new UsageError('KERNEL_DIR and OUT_DIR are needed');
  if (!values.vat) throw new UsageError('--vat is missing');
  if (!CHANGES.includes(values.change)) throw new UsageError(`--change must be one of ${CHANGES.join(', ')}`);
  if (!/^(auto|[0-9]+)$/.test(values.position)) throw new UsageError('--position must be a number or auto');
  const [kernelDir, outDir] = positionals;
  if (fs.existsSync(outDir)) throw new UsageError(`${outDir} exists already`);
  return { ...values, kernelDir, outDir };
};

const choosePosition = (store, vatID, change) => {
  const suitable = [];
  for (const { position, item } of store.items(vatID)) {
    if (fits(change, parseItem(item))) suitable.push(position);
  }
  if (!suitable.length) throw Error(`${vatID} has nothing that suits ${change}`);
  return suitable[Math.floor(suitable.length / 2)];
};

const plant = (directory, { vat, change, position: wanted }) => {
  const store = openStore(directory);
  const vatID = store.vatID(vat);
  const position = wanted === 'auto' ? choosePosition(store, vatID, change) : Number(wanted);
  if (!fits(change, store.item(vatID, position))) throw Error(`item ${position} of ${vatID} does not suit ${change}`);
  // A snapshot is named by the item that saves it and by the next one, which opens the next span.
  const touched = change === 'snapshot-hash' ? [position, position + 1] : [position];
  let report;
  store.transaction(() => {
    for (const each of touched) store.verifySpan(vatID, each);
    report = applyChange(change, store, vatID, position);
    for (const each of touched) store.rehashSpan(vatID, each);
  });
  store.close();
  return { vat: vatID, position, change, ...report };
};

const main = args => {
  const options = parse(args);
  if (!options) {
    process.stdout.write(USAGE);
    return;
  }
  const workDir = `${options.outDir.replace(/\/+$/, '')}.incomplete`;
  fs.rmSync(workDir, { recursive: true, force: true });
  fs.cpSync(options.kernelDir, workDir, { recursive: true });
  const report = plant(workDir, options);
  fs.renameSync(workDir, options.outDir);
  process.stdout.write(`${JSON.stringify(report)}\n`);
};

try {
  main(process.argv.slice(2));
} catch (problem) {
  if (problem instanceof UsageError) {
    process.stderr.write(`plant: ${problem.message}\n\n${USAGE}`);
    process.exitCode = EXIT_USAGE;
  } else {
    process.stderr.write(`plant: ${problem.stack}\n`);
    process.exitCode = 1;
  }
}
