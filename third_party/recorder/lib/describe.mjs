// recording.json: what a recording holds, for tests and people that look for something to replay. No clock and no path
// in it: equal parameters give equal files.
import path from 'node:path';
import Database from 'better-sqlite3';
import { PSEUDO_DELIVERIES } from './transcript.mjs';

const describeVat = (db, kv, vatID, { name, dynamic }) => {
  const options = JSON.parse(kv.get(`${vatID}.options`) ?? '{}');
  const spans = db
    .prepare(
      `SELECT startPos, endPos, hash, isCurrent, incarnation
       FROM transcriptSpans WHERE vatID = ? ORDER BY startPos`,
    )
    .all(vatID);
  const snapshots = db.prepare('SELECT snapPos, hash FROM snapshots WHERE vatID = ? ORDER BY snapPos').all(vatID);
  const items = db
    .prepare(
      `SELECT json_extract(item, '$.d[0]') AS dispatch, count(*) AS count,
              sum(json_array_length(item, '$.sc')) AS syscalls
       FROM transcriptItems WHERE vatID = ? GROUP BY 1 ORDER BY 1`,
    )
    .all(vatID);
  const sum = (rows, key) => rows.reduce((total, row) => total + row[key], 0);
  return {
    vatID,
    name: options.name ?? name,
    dynamic,
    worker: options.workerOptions?.type,
    metered: options.meterID !== undefined,
    incarnations: new Set(spans.map(span => span.incarnation)).size,
    items: sum(items, 'count'),
    deliveries: sum(items.filter(row => !PSEUDO_DELIVERIES.includes(row.dispatch)), 'count'),
    syscalls: sum(items, 'syscalls'),
    dispatches: Object.fromEntries(items.map(row => [row.dispatch, row.count])),
    snapshots,
    spans: spans.map(({ isCurrent, ...span }) => ({ ...span, isCurrent: isCurrent === 1 })),
  };
};

/**
 * @param {string} kernelDirectory of a closed kernel
 * @param {{parameters: object, slog: object}} context
 */
export const describeRecording = (kernelDirectory, { parameters, slog }) => {
  const db = new Database(path.join(kernelDirectory, 'swingstore.sqlite'), { readonly: true });
  const kv = new Map(db.prepare('SELECT key, value FROM kvStore').raw().all());
  const terminated = JSON.parse(kv.get('vats.terminated'));
  const known = new Map();
  for (const name of JSON.parse(kv.get('vat.names'))) known.set(kv.get(`vat.name.${name}`), { name, dynamic: false });
  for (const vatID of JSON.parse(kv.get('vat.dynamicIDs'))) known.set(vatID, { dynamic: true });
  for (const vatID of terminated) known.set(vatID, { dynamic: true });

  const byNumber = (a, b) => Number(a.slice(1)) - Number(b.slice(1));
  const vats = [...known.keys()].sort(byNumber).map(vatID => ({
    ...describeVat(db, kv, vatID, known.get(vatID)),
    terminated: terminated.includes(vatID),
    failures: slog.failures().filter(failure => failure.vatID === vatID),
  }));
  const description = {
    schema: 'recrank.recording/1',
    parameters,
    blockHeight: Number(kv.get('host.height')),
    crankNumber: Number(kv.get('crankNumber')),
    activityhash: kv.get('activityhash'),
    slog: slog.counts(),
    vats,
  };
  db.close();
  return description;
};
