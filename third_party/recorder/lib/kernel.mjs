// A SwingSet kernel over a swing-store directory, and the part of a chain around it: blocks, commits, the timer.
import { buildTimer, initializeSwingset, makeSwingsetController } from '@agoric/swingset-vat';
import { kslot } from '@agoric/kmarshal';
import { openSwingStore } from '@agoric/swing-store';

const FIRST_BLOCK_HEIGHT = 1000;
const FIRST_BLOCK_TIME_S = 1_700_000_000;
const BLOCK_INTERVAL_S = 6;
// A block ends here and the next one goes on, as the computron limit of a chain ends it.
const CRANKS_PER_BLOCK_MAX = 1000;

const STORE_OPTIONS = harden({ keepSnapshots: true, keepTranscripts: true });

// Never cleans up after terminated vats, so that their transcripts and snapshots stay in the recording.
const makeRunPolicy = cranksMax => {
  let cranks = 0;
  const countCrank = () => {
    cranks += 1;
    return cranks < cranksMax;
  };
  return harden({
    allowCleanup: () => false,
    vatCreated: countCrank,
    crankComplete: countCrank,
    crankFailed: countCrank,
    emptyCrank: () => true,
  });
};

const makeConfig = ({ snapshotInitial, snapshotInterval }, vatBundles, timerDeviceBundle) => {
  const { bootstrap, ...dynamic } = vatBundles;
  const bundles = {};
  for (const [name, bundle] of Object.entries(dynamic)) bundles[name] = { bundle };
  return {
    bootstrap: 'bootstrap',
    defaultManagerType: 'xsnap',
    defaultReapInterval: 'never',
    snapshotInitial,
    snapshotInterval,
    vats: { bootstrap: { bundle: bootstrap } },
    devices: { timer: { bundle: timerDeviceBundle } },
    bundles,
  };
};

/**
 * Starts a new kernel in an empty directory. The caller must call stop().
 *
 * @param {{directory: string, parameters: object, bundles: object, slogSender: Function}} powers
 */
export const startKernel = async ({ directory, parameters, bundles, slogSender }) => {
  const { kernel: kernelBundle, ...vatAndDeviceBundles } = bundles.kernelBundles;
  let store = openSwingStore(directory, STORE_OPTIONS);
  let timer;
  let controller;
  let height = FIRST_BLOCK_HEIGHT;

  // No environment: none of the debugging switches that upstream reads from there may change a recording.
  const runtimeOptions = { env: {}, slogSender, kernelBundle };

  const startController = async () => {
    timer = buildTimer();
    controller = await makeSwingsetController(
      store.kernelStorage,
      { timer: { ...timer.endowments } },
      runtimeOptions,
    );
  };

  const blockTime = () => FIRST_BLOCK_TIME_S + (height - FIRST_BLOCK_HEIGHT) * BLOCK_INTERVAL_S;

  const commit = async () => {
    store.hostStorage.kvStore.set('host.height', `${height}`);
    await store.hostStorage.commit();
  };

  const runUntilIdleOrLimit = async () =>
    controller.run(makeRunPolicy(CRANKS_PER_BLOCK_MAX));

  const config = makeConfig(parameters, bundles.vatBundles, bundles.timerDeviceBundle);
  await initializeSwingset(config, [], store.kernelStorage, { kernelBundles: vatAndDeviceBundles }, { env: {} });
  await startController();
  controller.pinVatRoot('bootstrap');
  const bootTime = { blockTime: blockTime() };
  await controller.slogDuration(
    ['cosmic-swingset-bootstrap-block-start', 'cosmic-swingset-bootstrap-block-finish'],
    bootTime,
    async () => {
      // The bootstrap ends when all vats are there, however many cranks that takes.
      while (await runUntilIdleOrLimit());
    },
  );
  await commit();

  // Dynamic vats have no name that the host interface knows, so their roots are looked up in the database.
  const findRoot = name => {
    const kv = store.kernelStorage.kvStore;
    for (const vatID of JSON.parse(kv.get('vat.dynamicIDs'))) {
      if (JSON.parse(kv.get(`${vatID}.options`)).name === name) return kslot(kv.get(`${vatID}.c.o+0`));
    }
    throw Error(`no vat is named ${name}`);
  };

  // One run of the kernel with what has been queued for it; a block may have several.
  const run = async runNum => {
    let cranks;
    await controller.slogDuration(
      ['cosmic-swingset-run-start', 'cosmic-swingset-run-finish'],
      { blockHeight: height, runNum },
      async () => {
        cranks = await runUntilIdleOrLimit();
      },
    );
    return cranks;
  };

  /** Queues acts, runs the kernel, queues messages, runs it again, commits. Returns the number of cranks. */
  const runBlock = async ({ acts, messages }) => {
    height += 1;
    const block = { blockHeight: height, blockTime: blockTime() };
    controller.writeSlogObject({ type: 'cosmic-swingset-begin-block', ...block });
    controller.writeSlogObject({ type: 'cosmic-swingset-end-block-start', ...block });
    timer.poll(block.blockTime);
    if (acts.length) controller.queueToVatRoot('bootstrap', 'block', [acts], 'none');
    let cranks = await run(0);
    if (messages.length) {
      for (const [name, method, args] of messages) controller.queueToVatObject(findRoot(name), method, args, 'none');
      cranks += await run(1);
    }
    controller.writeSlogObject({ type: 'cosmic-swingset-end-block-finish', ...block });
    await controller.slogDuration(
      ['cosmic-swingset-commit-block-start', 'cosmic-swingset-commit-block-finish'],
      block,
      commit,
    );
    return cranks;
  };

  /** What a restarted node does: everything in memory goes, the database stays. */
  const restart = async () => {
    await controller.shutdown();
    await store.hostStorage.close();
    store = openSwingStore(directory, STORE_OPTIONS);
    await startController();
  };

  const stop = async () => {
    await controller.shutdown();
    await store.hostStorage.close();
  };

  return harden({ runBlock, restart, stop, height: () => height, database: () => store.debug.getDatabase() });
};
