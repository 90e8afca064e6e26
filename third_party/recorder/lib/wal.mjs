// A database as it lies on the disk of a node that is running: some of its newest pages are only in the -wal file.
import fs from 'node:fs';
import path from 'node:path';

const DATABASE = 'swingstore.sqlite';

/** Moves the -wal into the database and keeps what is written from now on out of it. */
export const holdBackWal = db => {
  db.pragma('wal_autocheckpoint = 0');
  db.pragma('wal_checkpoint(TRUNCATE)');
};

/** Call while the database is still open: the last one to close it removes the -wal. */
export const copyWithWal = (kernelDirectory, outDirectory) => {
  const wal = path.join(kernelDirectory, `${DATABASE}-wal`);
  if (!fs.statSync(wal).size) throw Error(`${wal} is empty, a copy would show nothing`);
  fs.mkdirSync(outDirectory);
  fs.copyFileSync(path.join(kernelDirectory, DATABASE), path.join(outDirectory, DATABASE));
  fs.copyFileSync(wal, path.join(outDirectory, `${DATABASE}-wal`));
};
