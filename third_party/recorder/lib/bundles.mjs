// Source bundles of the kernel, of its own vats, and of the recorded vats. Making them takes half a minute, far longer
// than a small recording, so they are kept inside node_modules: there `npm ci` throws them away together with the
// packages they were made from.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import bundleSource from '@endo/bundle-source';
import { buildKernelBundles, buildTimer } from '@agoric/swingset-vat';

const VATS_DIR = new URL('../vats/', import.meta.url);
const LOCK_FILE = new URL('../../package-lock.json', import.meta.url);
const CACHE_DIR = new URL('../../node_modules/.recrank/', import.meta.url);
const CACHE_FILE = new URL('bundles.json', CACHE_DIR);

const VAT_SOURCES = [
  'bootstrap',
  'evaluator',
  'grower',
  'ledger',
  'shortlived',
  'spinner',
  'upgraded-broken',
  'upgraded-first',
  'upgraded-second',
];

const cacheKey = () => {
  const hash = createHash('sha256');
  const sources = ['package.json', ...VAT_SOURCES.map(name => `${name}.js`)];
  for (const url of [LOCK_FILE, ...sources.map(name => new URL(name, VATS_DIR))]) {
    hash.update(createHash('sha256').update(fs.readFileSync(url)).digest());
  }
  return hash.digest('hex');
};

const readCache = key => {
  let text;
  try {
    text = fs.readFileSync(CACHE_FILE, 'utf-8');
  } catch (problem) {
    if (problem.code === 'ENOENT') return undefined;
    throw problem;
  }
  const cache = JSON.parse(text);
  return cache.key === key ? cache : undefined;
};

const writeCache = cache => {
  fs.mkdirSync(CACHE_DIR, { recursive: true });
  const temporary = new URL(`bundles.json.${process.pid}`, CACHE_DIR);
  fs.writeFileSync(temporary, JSON.stringify(cache));
  fs.renameSync(temporary, CACHE_FILE);
};

/** @returns {Promise<{kernelBundles: object, timerDeviceBundle: object, vatBundles: Record<string, object>}>} */
export const provideBundles = async () => {
  const key = cacheKey();
  const cached = readCache(key);
  if (cached) return cached;
  const kernelBundles = await buildKernelBundles();
  const vatBundles = {};
  for (const name of VAT_SOURCES) {
    vatBundles[name] = await bundleSource(new URL(`${name}.js`, VATS_DIR).pathname);
  }
  const timerDeviceBundle = await bundleSource(buildTimer().srcPath);
  const made = { key, kernelBundles, timerDeviceBundle, vatBundles };
  writeCache(made);
  return made;
};
