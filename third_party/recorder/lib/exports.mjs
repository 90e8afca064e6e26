// State-sync exports of a swing-store: the directories that a node writes for others to start from.
import fs from 'node:fs';
import path from 'node:path';
import { makeSwingStoreExporter } from '@agoric/swing-store';

const DATA_FILE = 'export-data.jsonl';
const MANIFEST_FILE = 'export-manifest.json';

// Cheaper than asking the exporter again, which unpacks and verifies every snapshot. Not a link: whoever damages one
// export for a test must find the others whole.
const copyIfThere = (from, to) => {
  if (!fs.existsSync(from)) return false;
  fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL);
  return true;
};

const writeAll = async (file, chunks) => {
  const fd = fs.openSync(file, 'wx');
  for await (const chunk of chunks) fs.writeSync(fd, chunk);
  fs.closeSync(fd);
};

/**
 * @param {string} kernelDirectory must not be written to meanwhile
 * @param {string} outDirectory
 * @param {'operational' | 'replay' | 'archival' | 'debug'} artifactMode
 * @param {string} [earlier] an export of the same database, of which artifacts may be copied
 */
export const writeExport = async (kernelDirectory, outDirectory, artifactMode, earlier) => {
  fs.mkdirSync(outDirectory);
  const exporter = makeSwingStoreExporter(kernelDirectory, { artifactMode });
  const blockHeight = Number(exporter.getHostKV('host.height'));

  const dataFd = fs.openSync(path.join(outDirectory, DATA_FILE), 'wx');
  for await (const pair of exporter.getExportData()) fs.writeSync(dataFd, `${JSON.stringify(pair)}\n`);
  fs.closeSync(dataFd);

  const artifacts = [];
  for await (const name of exporter.getArtifactNames()) {
    const file = path.join(outDirectory, name);
    if (!earlier || !copyIfThere(path.join(earlier, name), file)) {
      await writeAll(file, exporter.getArtifact(name));
    }
    artifacts.push([name, name]);
  }
  const manifest = { blockHeight, artifactMode, artifacts, data: DATA_FILE };
  fs.writeFileSync(path.join(outDirectory, MANIFEST_FILE), JSON.stringify(manifest));
  await exporter.close();
};
