// Case d of docs/crashes.md: one byte of a recorded heap is changed, at places spread over the whole heap, and the
// vat goes on from there, on the release and on the debug engine.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const POSITION = 26; // where `ledger` of the recording "tiny" saved the heap
const PLACES = 48;
// A bit of a flag, one of an address, one high up, and all of them.
const MASKS = [1, 8, 128, 255];
const STEPS = ['--from', '27', '--to', '69'];
const ENGINES = ['xsnap-0.15.0', 'xsnap-0.15.0-debug'];
const OUTCOMES = ['clean', 'diverged', 'refused to load', 'crashed while loading', 'crashed later', 'limit', 'other'];

const flip = ({ root, tiny }, kernel, byte, mask) => {
  fs.rmSync(kernel, { recursive: true, force: true });
  const script = path.join(root, 'third_party/recorder/flip_heap.mjs');
  const done = spawnSync(process.execPath, [script, path.join(tiny, 'kernel'), kernel, '--vat', 'ledger',
    '--position', String(POSITION), '--byte', String(byte), '--mask', String(mask)], { encoding: 'utf8' });
  if (done.status !== 0) throw Error(`flip_heap: ${done.stderr}`);
  return JSON.parse(done.stdout).size;
};

const outcome = ({ verdict }) => {
  if (!verdict) return 'other';
  const loading = verdict.step === undefined || verdict.step <= POSITION + 1;
  if (verdict.kind === 'crashed') return loading ? 'crashed while loading' : 'crashed later';
  if (verdict.kind === 'unjudged') return /start|load|refuse/.test(verdict.reason ?? '') ? 'refused to load' : 'other';
  return OUTCOMES.includes(verdict.kind) ? verdict.kind : 'other';
};

// The functions of a collection of XS.
const COLLECTION = /fxMark|fxSweep|fxCollect/;

// `crash` is the first flip that crashed a collection of the release engine in a later step, its kernel kept.
export const scanFlips = context => {
  const kernel = path.join(context.work, 'flipped');
  const kept = path.join(context.work, 'flipped-crash');
  const size = flip(context, kernel, 0, 1);
  const place = n => Math.floor(((n + 0.5) * size) / PLACES);
  const counts = Object.fromEntries(ENGINES.map(engine => [engine, {}]));
  const signatures = Object.fromEntries(ENGINES.map(engine => [engine, {}]));
  const others = {};
  let crash;

  flip(context, kernel, place(0), MASKS[0]);
  const checked = context.call('d-checked', ['replay', kernel, '--vat', 'ledger', ...STEPS]);

  for (let n = 0; n < PLACES; n += 1) {
    const mask = MASKS[n % MASKS.length];
    flip(context, kernel, place(n), mask);
    for (const engine of ENGINES) {
      // The debug engine counts other computrons, and its heaps are other bytes.
      const options = [...STEPS, '--engine', engine, '--trust-checkpoint', '--compare', 'syscalls,result',
        '--step-limit', '20'];
      const { report } = context.call('d-scan', ['replay', kernel, '--vat', 'ledger', ...options]);
      const found = outcome(report);
      counts[engine][found] = (counts[engine][found] ?? 0) + 1;
      const { verdict } = report;
      if (found === 'other') others[context.verdictText(verdict) ?? 'no report'] = true;
      if (verdict?.kind !== 'crashed') continue;
      const signature = verdict.signature ?? context.verdictText(verdict);
      signatures[engine][signature] = (signatures[engine][signature] ?? 0) + 1;
      const wanted = engine === ENGINES[0] && found === 'crashed later' && COLLECTION.test(signature);
      if (crash || !wanted) continue;
      fs.rmSync(kept, { recursive: true, force: true });
      fs.cpSync(kernel, kept, { recursive: true });
      crash = { kernel: kept, options, label: `byte ${place(n)}, mask ${mask}` };
    }
  }
  fs.rmSync(kernel, { recursive: true, force: true });
  return {
    size, places: PLACES, masks: MASKS, counts, signatures, others: Object.keys(others), crash,
    checked: `${context.verdictText(checked.report.verdict)} (${checked.status})`,
  };
};

const line = cells => `| ${cells.join(' | ')} |`;
const SHOWN = 160;
const short = text => (text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text);

export const flipTable = ({ size, places, masks, counts, signatures, others, checked, crash }) => {
  const lines = [
    `Case d, ${places} places in a heap of ${size} bytes, masks ${masks.join(', ')} in turn. With the hash checked: `
      + `${short(checked)}. With --trust-checkpoint, calls and results compared:`,
    '', line(['engine', ...OUTCOMES]), line(['---', ...OUTCOMES.map(() => '---')]),
  ];
  for (const [engine, of] of Object.entries(counts)) lines.push(line([engine, ...OUTCOMES.map(name => of[name] ?? 0)]));
  lines.push('');
  for (const [engine, of] of Object.entries(signatures)) {
    for (const [signature, count] of Object.entries(of)) lines.push(`* ${engine}, ${count} ×: \`${short(signature)}\``);
  }
  for (const other of others) lines.push(`* other: ${short(other)}`);
  if (crash) lines.push('', `The line of case d in the first table is ${crash}.`);
  return lines;
};
