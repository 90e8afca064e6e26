// The ways in which plant.mjs makes a recording disagree with a true replay. Each is named after what the replay will
// be seen to do: "missing-syscall" is a call that the recording has and the replay does not make.
import { createHash } from 'node:crypto';
import zlib from 'node:zlib';
import { isPseudoDelivery } from './transcript.mjs';

// A call that no vat makes, with the answer that a kernel would give.
const BOGUS_SYSCALL = { s: ['vatstoreGet', 'planted.by.recrank'], r: ['ok', null] };

// Enough that there is a true middle, with a call before and a call after it.
const SYSCALLS_MIN = 3;

// XS stops reading a snapshot after its last atom, so these bytes change the hash and nothing else.
const SNAPSHOT_TRAILER = Buffer.from('planted by recrank');

const otherReference = reference => `${reference}0`;

// Every kind of call with one of its texts changed, its shape kept.
const spoilSyscall = ([kind, ...args]) => {
  switch (kind) {
    case 'vatstoreSet':
      return [kind, args[0], `${args[1]} `];
    case 'send': {
      const [target, message] = args;
      const { methargs } = message;
      return [kind, target, { ...message, methargs: { ...methargs, body: `${methargs.body} ` } }];
    }
    case 'resolve': {
      const [[[promise, rejected, data], ...rest]] = args;
      return [kind, [[promise, rejected, { ...data, body: `${data.body} ` }], ...rest]];
    }
    case 'callNow':
      return [kind, args[0], args[1], { ...args[2], body: `${args[2].body} ` }];
    case 'exit':
      return [kind, !args[0], args[1]];
    case 'dropImports':
    case 'retireImports':
    case 'retireExports':
    case 'abandonExports':
      return [kind, [otherReference(args[0][0]), ...args[0].slice(1)]];
    case 'vatstoreGet':
    case 'vatstoreGetNextKey':
    case 'vatstoreDelete':
    case 'subscribe':
      return [kind, otherReference(args[0]), ...args.slice(1)];
    default:
      throw Error(`unknown syscall ${kind}`);
  }
};

const middle = list => Math.floor(list.length / 2);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

const hasMiddle = item => item.sc.length >= SYSCALLS_MIN;
const hasComputrons = item => item.r.metering?.computrons !== undefined;
const always = () => true;

// `fits` tells whether an item can be changed so; `apply` changes it and returns index (of the syscall, or null) and
// the text that was there and is there now.
const inDelivery = {
  'wrong-syscall': {
    fits: hasMiddle,
    apply: item => {
      const index = middle(item.sc);
      const was = item.sc[index].s;
      const now = spoilSyscall(was);
      item.sc[index].s = now;
      return { index, was, now };
    },
  },
  'extra-syscall': {
    // A call that is followed by an equal one would seem to be missing from the place of the later one.
    fits: item => hasMiddle(item) && !same(item.sc[middle(item.sc)].s, item.sc[middle(item.sc) + 1].s),
    apply: item => {
      const index = middle(item.sc);
      const [{ s }] = item.sc.splice(index, 1);
      return { index, was: s, now: item.sc[index].s };
    },
  },
  'missing-syscall': {
    fits: hasMiddle,
    apply: item => {
      const index = middle(item.sc);
      const was = item.sc[index].s;
      item.sc.splice(index, 0, BOGUS_SYSCALL);
      return { index, was, now: BOGUS_SYSCALL.s };
    },
  },
  'missing-last-syscall': {
    fits: always,
    apply: item => {
      item.sc.push(BOGUS_SYSCALL);
      return { index: item.sc.length - 1, was: null, now: BOGUS_SYSCALL.s };
    },
  },
  result: {
    fits: item => item.r.status === 'ok',
    apply: item => {
      item.r.status = 'error';
      return { index: null, was: 'ok', now: 'error' };
    },
  },
  computrons: {
    fits: hasComputrons,
    apply: item => {
      const was = item.r.metering.computrons;
      item.r.metering.computrons = was + 1;
      return { index: null, was, now: was + 1 };
    },
  },
};

const changeSnapshot = (store, vatID, position) => {
  const save = store.item(vatID, position);
  const load = store.item(vatID, position + 1);
  const { compressedSnapshot } = store.snapshot(vatID, position);
  if (!compressedSnapshot) throw Error(`the snapshot of ${vatID} at ${position} has been pruned`);
  const contents = Buffer.concat([zlib.gunzipSync(compressedSnapshot), SNAPSHOT_TRAILER]);
  const compressed = zlib.gzipSync(contents);
  const hash = createHash('sha256').update(contents).digest('hex');
  const was = save.r.snapshotID;
  save.r.snapshotID = hash;
  load.d[1].snapshotID = hash;
  store.setItem(vatID, position, save);
  store.setItem(vatID, position + 1, load);
  store.setSnapshot(vatID, position, { hash, contents, compressed });
  return { index: null, was, now: hash };
};

export const CHANGES = [...Object.keys(inDelivery), 'snapshot-hash'];

/** Whether `change` can be made to `item`. */
export const fits = (change, item) => {
  if (change === 'snapshot-hash') return item.d[0] === 'save-snapshot';
  return !isPseudoDelivery(item) && inDelivery[change].fits(item);
};

/** Makes the change in the store, except for the hashes of the spans. */
export const applyChange = (change, store, vatID, position) => {
  if (change === 'snapshot-hash') return changeSnapshot(store, vatID, position);
  const item = store.item(vatID, position);
  const report = inDelivery[change].apply(item);
  store.setItem(vatID, position, item);
  return report;
};
