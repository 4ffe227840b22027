/** A worker: jobs come as messages, and their results go back. */
import { parentPort } from 'node:worker_threads';
import { type Job, runJob } from './job.ts';

parentPort?.on('message', (job: Job) => {
  const cells = runJob(job, (progress) => parentPort?.postMessage({ progress }));
  parentPort?.postMessage({ cells });
});
