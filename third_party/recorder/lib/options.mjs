// The command line of the recorder. Every option that changes what the vats see is part of the recording.json.
import { parseArgs } from 'node:util';

export const USAGE = `usage: run-node recorder/record.mjs --out DIR [options]

Runs a real SwingSet kernel with real XS workers and leaves what a node leaves: database, slog, state-sync exports.

  --out DIR               where to put the recording; must not exist, appears whole or not at all
  --deliveries N          requests to the vat "ledger", at least one delivery each (default 60)
  --blocks N              blocks that share them (default: one for every 20, at least 10)
  --snapshot-initial N    transcript entries before a vat's first heap snapshot (default 3)
  --snapshot-interval N   transcript entries between heap snapshots (default 20 up to 100 deliveries, else 200)
  --failed-upgrade        also try an upgrade that fails and is undone (worker restart, replayed deliveries)
  --restart               also close and reopen the kernel half-way, as a node that is restarted
  --function-statements N statements of the function that the vat "evaluator" has to compile; 0: leave it out
                          (default 2^19 up to 100 deliveries, where 2^21 would take as long as all the rest, else 2^21)
  --swell N               in every block the vat "grower" compiles a function of N statements for every block so far (default
                          0: none); under a limit on memory it dies once its state has grown enough
  --leave-wal             also keep DIR/kernel-wal, a copy of the open database with a -wal that is needed
  --no-exports            leave out the state-sync exports

example: run-node recorder/record.mjs --out /tmp/rec60 --deliveries 60
`;

const DELIVERIES_MAX = 1_000_000;
// Below this the acts of the script (spin, terminate, upgrade, …) would fall into one block.
const BLOCKS_MIN = 10;
const DELIVERIES_PER_BLOCK = 20;
const TINY_DELIVERIES_MAX = 100;
const SWELL_MAX = 2 ** 17;
// 4 MB of source; a worker's parser buffer has 8 MB.
const FUNCTION_STATEMENTS_MAX = 2 ** 21;

export class UsageError extends Error {}

const toCount = (name, text, { min, max }) => {
  const value = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) {
    throw new UsageError(`--${name} must be a number from ${min} to ${max}, not ${JSON.stringify(text)}`);
  }
  return value;
};

/** @returns {undefined | object} undefined if help was asked for */
export const parseOptions = args => {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        out: { type: 'string' },
        deliveries: { type: 'string', default: '60' },
        blocks: { type: 'string' },
        'snapshot-initial': { type: 'string', default: '3' },
        'snapshot-interval': { type: 'string' },
        'failed-upgrade': { type: 'boolean', default: false },
        restart: { type: 'boolean', default: false },
        'function-statements': { type: 'string' },
        swell: { type: 'string', default: '0' },
        'leave-wal': { type: 'boolean', default: false },
        'no-exports': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (problem) {
    throw new UsageError(problem.message);
  }
  if (values.help) return undefined;
  if (!values.out) throw new UsageError('--out is missing');

  const deliveries = toCount('deliveries', values.deliveries, { min: 1, max: DELIVERIES_MAX });
  const defaultBlocks = Math.max(BLOCKS_MIN, Math.ceil(deliveries / DELIVERIES_PER_BLOCK));
  const tiny = deliveries <= TINY_DELIVERIES_MAX;
  const defaultInterval = tiny ? 20 : 200;
  const defaultStatements = tiny ? 2 ** 19 : 2 ** 21;
  return harden({
    out: values.out,
    leaveWal: values['leave-wal'],
    exports: !values['no-exports'],
    // What the recorded history depends on.
    parameters: {
      deliveries,
      blocks: toCount('blocks', values.blocks ?? `${defaultBlocks}`, { min: BLOCKS_MIN, max: DELIVERIES_MAX }),
      snapshotInitial: toCount('snapshot-initial', values['snapshot-initial'], { min: 3, max: DELIVERIES_MAX }),
      snapshotInterval: toCount('snapshot-interval', values['snapshot-interval'] ?? `${defaultInterval}`, {
        min: 5,
        max: DELIVERIES_MAX,
      }),
      functionStatements: toCount('function-statements', values['function-statements'] ?? `${defaultStatements}`, {
        min: 0,
        max: FUNCTION_STATEMENTS_MAX,
      }),
      swell: toCount('swell', values.swell, { min: 0, max: SWELL_MAX }),
      failedUpgrade: values['failed-upgrade'],
      restart: values.restart,
    },
  });
};
