// Transcript items and their hash chain, as swing-store keeps them.
import { createHash } from 'node:crypto';

const sha256 = data => createHash('sha256').update(data).digest('hex');

const INITIAL_HASH = sha256('start of transcript span');

/** @param {string[]} items texts of all items of a span, in order */
export const spanHash = items => items.reduce((hash, item) => sha256(hash + sha256(item)), INITIAL_HASH);

/** @param {string} text */
export const parseItem = text => {
  const item = JSON.parse(text);
  // Were this not so, writing an item back would change more than what was meant to be changed.
  if (JSON.stringify(item) !== text) {
    throw Error(`a transcript item is not as JSON.stringify writes it: ${text.slice(0, 200)}`);
  }
  return item;
};

/** What the vat's worker never sees: the kernel's notes about workers and snapshots. */
export const PSEUDO_DELIVERIES = ['initialize-worker', 'save-snapshot', 'load-snapshot', 'shutdown-worker'];

export const isPseudoDelivery = item => PSEUDO_DELIVERIES.includes(item.d[0]);
