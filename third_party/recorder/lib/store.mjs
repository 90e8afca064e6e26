// The few tables of a swing-store that plant.mjs edits.
import path from 'node:path';
import Database from 'better-sqlite3';
import { parseItem, spanHash } from './transcript.mjs';

/** @param {string} directory will be written to: a copy, never the evidence itself */
export const openStore = directory => {
  const db = new Database(path.join(directory, 'swingstore.sqlite'), { fileMustExist: true });

  const selectItem = db.prepare('SELECT item FROM transcriptItems WHERE vatID = ? AND position = ?').pluck();
  const updateItem = db.prepare('UPDATE transcriptItems SET item = ? WHERE vatID = ? AND position = ?');
  const selectItems = db
    .prepare('SELECT item FROM transcriptItems WHERE vatID = ? AND position >= ? AND position < ? ORDER BY position')
    .pluck();
  const selectSpan = db.prepare(
    'SELECT startPos, endPos, hash FROM transcriptSpans WHERE vatID = ? AND startPos <= ? AND endPos > ?',
  );
  const updateSpan = db.prepare('UPDATE transcriptSpans SET hash = ? WHERE vatID = ? AND startPos = ?');
  const selectSnapshot = db.prepare('SELECT * FROM snapshots WHERE vatID = ? AND snapPos = ?');
  const updateSnapshot = db.prepare(
    `UPDATE snapshots SET hash = ?, uncompressedSize = ?, compressedSize = ?, compressedSnapshot = ?
     WHERE vatID = ? AND snapPos = ?`,
  );
  const selectName = db
    .prepare(`SELECT json_extract(value, '$.name') FROM kvStore WHERE key = ? || '.options'`)
    .pluck();

  const readSpan = (vatID, position) => {
    const span = selectSpan.get(vatID, position, position);
    if (!span) throw Error(`${vatID} has no span with position ${position}`);
    const items = selectItems.all(vatID, span.startPos, span.endPos);
    if (items.length !== span.endPos - span.startPos) {
      throw Error(`${vatID}: items of the span at ${span.startPos} are missing`);
    }
    return { ...span, items };
  };

  return {
    item: (vatID, position) => {
      const text = selectItem.get(vatID, position);
      if (text === undefined) throw Error(`${vatID} has no transcript item ${position}`);
      return parseItem(text);
    },
    setItem: (vatID, position, item) => updateItem.run(JSON.stringify(item), vatID, position),
    /** @returns {Iterable<{position: number, item: string}>} */
    items: vatID =>
      db.prepare('SELECT position, item FROM transcriptItems WHERE vatID = ? ORDER BY position').iterate(vatID),
    snapshot: (vatID, position) => {
      const row = selectSnapshot.get(vatID, position);
      if (!row) throw Error(`${vatID} has no snapshot ${position}`);
      return row;
    },
    setSnapshot: (vatID, position, { hash, contents, compressed }) =>
      updateSnapshot.run(hash, contents.length, compressed.length, compressed, vatID, position),
    /** @param {string} vat an ID or a name */
    vatID: vat => {
      const all = db.prepare('SELECT DISTINCT vatID FROM transcriptSpans').pluck().all();
      const found = all.includes(vat) ? vat : all.find(vatID => selectName.get(vatID) === vat);
      if (!found) throw Error(`no vat ${vat} with a transcript`);
      return found;
    },
    /** That the stored hash is right before a change makes sure that what was planted is the only damage. */
    verifySpan: (vatID, position) => {
      const { items, hash, startPos } = readSpan(vatID, position);
      if (spanHash(items) !== hash) throw Error(`${vatID}: the hash of the span at ${startPos} is wrong already`);
    },
    rehashSpan: (vatID, position) => {
      const { items, startPos } = readSpan(vatID, position);
      updateSpan.run(spanHash(items), vatID, startPos);
    },
    transaction: body => db.transaction(body)(),
    close: () => {
      db.pragma('wal_checkpoint(TRUNCATE)');
      db.close();
    },
  };
};
