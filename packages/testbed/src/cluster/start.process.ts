/** Starts a cluster, tells where, and stays: something to be killed by a test. */
import { startCluster } from './start.ts';

const { bed, kubeconfig } = await startCluster();
process.stdout.write(`${JSON.stringify({ folder: bed.folder, kubeconfig })}\n`);
setInterval(() => {}, 60_000);
