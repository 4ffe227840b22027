/**
 * A run in a process of its own, so that a test can kill it: `smoke.test-kit.ts <wishes as JSON>`, the key in
 * SMOKE_KEY. Tells what it has seen as one line of JSON, and each flow on standard error as it ends.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOwnFlows } from '../files/index.ts';
import { runTenants } from './run-tenants.ts';

/** What such a run is told. */
export interface Wished {
  url: string;
  databases: string[];
  concurrency: number;
  flows: string[];
  flowsFile?: string;
  /** Milliseconds by which this run's clock is ahead. */
  ahead?: number;
}

if (import.meta.main) {
  const { url, databases, concurrency, flows, flowsFile, ahead = 0 } = JSON.parse(process.argv[2] ?? '{}') as Wished;
  const apiKey = process.env.SMOKE_KEY ?? '';
  const temp = await mkdtemp(join(tmpdir(), 'smoke-'));
  const own = flowsFile === undefined ? [] : await readOwnFlows(await readFile(flowsFile), flowsFile, temp);
  await rm(temp, { recursive: true });
  const seen = await runTenants({
    tenants: databases.map((database) => ({
      name: database,
      connection: { url, database, secret: { apiKey }, timeoutMs: 60_000 },
    })),
    concurrency,
    flows,
    own,
    allowWrites: false,
    repeats: 1,
    dry: false,
    mustCompare: false,
    maxLatencyRatio: 2,
    at: '2026-01-01T00:00:00Z',
    now: () => Date.now() + ahead,
    say: (line) => console.error(line),
  });
  console.log(JSON.stringify(seen));
}
