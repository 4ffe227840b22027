import { Worker } from 'node:worker_threads';
import type { CellResult, Job } from './job.ts';

type Message = { progress: string } | { cells: CellResult[] };

/** Runs jobs in so many threads. Results come in the order of the jobs. */
export async function runJobs(jobs: readonly Job[], threads: number, say: (progress: string) => void) {
  const results = new Map<Job, CellResult[]>();
  const left = [...jobs];
  await Promise.all(
    Array.from({ length: Math.min(threads, jobs.length) }, async () => {
      const worker = new Worker(new URL('./job.worker.ts', import.meta.url));
      try {
        for (let job = left.shift(); job !== undefined; job = left.shift()) {
          results.set(job, await runIn(worker, job, say));
        }
      } finally {
        await worker.terminate();
      }
    }),
  );
  return jobs.flatMap((job) => results.get(job) as CellResult[]);
}

function runIn(worker: Worker, job: Job, say: (progress: string) => void): Promise<CellResult[]> {
  return new Promise((resolve, reject) => {
    const heard = (message: Message) => {
      if ('progress' in message) return say(message.progress);
      worker.off('message', heard).off('error', reject);
      resolve(message.cells);
    };
    worker.on('message', heard).on('error', reject);
    worker.postMessage(job);
  });
}
