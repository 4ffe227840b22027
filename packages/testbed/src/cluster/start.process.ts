/** Starts a cluster, tells where, and stays: something to be killed by a test. */
import { startCluster } from './start.ts';

const { bed } = await startCluster();
process.stdout.write(`${bed.folder}\n`);
setInterval(() => {}, 60_000);
