// Makes the bundles ahead of time; the build calls this so that the first recording does not have to.
import '@endo/init';
import { provideBundles } from './lib/bundles.mjs';

await provideBundles();
