// Makes one recording. See lib/options.mjs for the command line and ../README.md for what comes out.
import '@endo/init';
import './lib/quiet_loggers.mjs';
import fs from 'node:fs';
import path from 'node:path';
import { provideBundles } from './lib/bundles.mjs';
import { describeRecording } from './lib/describe.mjs';
import { writeExport } from './lib/exports.mjs';
import { startKernel } from './lib/kernel.mjs';
import { parseOptions, USAGE, UsageError } from './lib/options.mjs';
import { makeProgress } from './lib/progress.mjs';
import { planBlocks } from './lib/script.mjs';
import { makeSlogWriter } from './lib/slog.mjs';
import { copyWithWal, holdBackWal } from './lib/wal.mjs';

const EXIT_USAGE = 129;
// Largest first: the others are parts of it.
const EXPORT_MODES = ['debug', 'replay', 'operational'];

const runBlocks = async (kernel, { parameters, leaveWal }, workDir, slog, progress) => {
  const plan = planBlocks(parameters);
  for (const [index, block] of plan.entries()) {
    if (parameters.restart && index === Math.floor(plan.length / 2)) await kernel.restart();
    if (leaveWal && index === plan.length - 1) holdBackWal(kernel.database());
    await kernel.runBlock(block);
    slog.flush();
    const { cranks, deliveries } = slog.counts();
    progress(`block ${index + 1} of ${plan.length}, ${cranks} cranks, ${deliveries} deliveries`);
  }
  // What the block limit cut off.
  while (await kernel.runBlock({ acts: [], messages: [] }));
  if (leaveWal) copyWithWal(path.join(workDir, 'kernel'), path.join(workDir, 'kernel-wal'));
};

const record = async (options, workDir) => {
  const { parameters } = options;
  const progress = makeProgress();
  progress('bundles');
  const bundles = await provideBundles();
  const kernelDir = path.join(workDir, 'kernel');
  const slog = makeSlogWriter(path.join(workDir, 'chain.slog'));
  progress('kernel start');
  const kernel = await startKernel({ directory: kernelDir, parameters, bundles, slogSender: slog.slogSender });
  await runBlocks(kernel, options, workDir, slog, progress);
  await kernel.stop();
  slog.close();
  // The script of a recording has no room for surprises: what goes wrong in it is on purpose and expected.
  const [complaint] = slog.complaints();
  if (complaint) throw Error(`a vat reported an error: ${complaint}`);

  let earlier;
  for (const mode of options.exports ? EXPORT_MODES : []) {
    progress(`export ${mode}`);
    const directory = path.join(workDir, `export-${mode}`);
    await writeExport(kernelDir, directory, mode, earlier);
    earlier ??= directory;
  }
  const description = describeRecording(kernelDir, { parameters, slog });
  fs.writeFileSync(path.join(workDir, 'recording.json'), `${JSON.stringify(description, null, 1)}\n`);
  return description;
};

const summarize = (description, seconds) => {
  const lines = description.vats.map(vat => {
    const marks = [
      vat.incarnations > 1 && `${vat.incarnations} incarnations`,
      vat.terminated && 'terminated',
      ...vat.failures.map(({ deliveryNum, error }) => `delivery ${deliveryNum} failed: ${error}`),
    ].filter(Boolean);
    const counts = `${vat.deliveries} deliveries, ${vat.syscalls} syscalls, ${vat.snapshots.length} snapshots`;
    return `  ${vat.vatID} ${vat.name}: ${[counts, ...marks].join('; ')}\n`;
  });
  const { cranks, deliveries } = description.slog;
  return `${cranks} cranks, ${deliveries} deliveries in ${seconds.toFixed(1)} s\n${lines.join('')}`;
};

const main = async args => {
  const options = parseOptions(args);
  if (!options) {
    process.stdout.write(USAGE);
    return;
  }
  const { out } = options;
  if (fs.existsSync(out)) throw new UsageError(`${out} exists already`);
  // Only a finished recording has the name that was asked for.
  const workDir = `${out.replace(/\/+$/, '')}.incomplete`;
  fs.rmSync(workDir, { recursive: true, force: true });
  fs.mkdirSync(workDir, { recursive: true });
  const start = performance.now();
  const description = await record(options, workDir);
  fs.renameSync(workDir, out);
  process.stdout.write(`${out}: ${summarize(description, (performance.now() - start) / 1000)}`);
};

try {
  await main(process.argv.slice(2));
} catch (problem) {
  if (problem instanceof UsageError) {
    process.stderr.write(`record: ${problem.message}\n\n${USAGE}`);
    process.exitCode = EXIT_USAGE;
  } else {
    // console, because it shows what lockdown hides from `stack`; exit, because workers may still be running.
    console.error('record:', problem);
    process.exit(1);
  }
}
