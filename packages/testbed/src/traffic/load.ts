import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Bed } from '../bed/bed.ts';
import { type LoadRecord, readRecord } from './record.ts';
import type { SenderOptions } from './sender.ts';
import { type Demand, type Sessions, visits } from './visits.ts';

/** What the sending process is told. JSON, with `durationSeconds` always a number. */
export interface Orders {
  demand: Demand;
  sender: SenderOptions;
  file: string;
  durationSeconds: number;
}

export interface LoadOptions extends Omit<Demand, 'sessions'>, Partial<Omit<SenderOptions, 'target'>> {
  /** Address of the router; the tenant's host name goes into the `host` header. */
  target: { host: string; port: number };
  /** File for the record; there must be none yet. */
  file: string;
  /** The bed that the target lies in. Without it, requests are sent from this machine. */
  bed?: Pick<Bed, 'inside'>;
  /** How people behave: a second between requests, 20 requests a session, unless told. */
  sessions?: Sessions;
  /** The load ends by itself after this time. Without it, it goes on until `stop`. */
  durationSeconds?: number;
}

/** A load that is going on. */
export interface Load {
  readonly pid: number;
  /** What clients saw until about 100 ms ago. */
  record(): Promise<LoadRecord>;
  /** Sends no more, waits for the answers that are due and gives the complete record. */
  stop(): Promise<LoadRecord>;
  /** The complete record, once the load has ended by itself. */
  readonly ended: Promise<LoadRecord>;
}

/** Why a load ended that should not have. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
}

const A_YEAR = 365 * 24 * 3600;
const HEADERS = { version: 'x-shop-version', pod: 'x-shop-pod' };

/**
 * Sends requests as a seeded open-loop process: they leave when the demand says, whatever became of those
 * before, and latency counts from that moment, so a stall of the server cannot hide (no coordinated
 * omission). Runs in a process of its own, which ends with this one.
 *
 * @throws LoadError, RangeError where the demand makes no sense
 */
export async function startLoad(options: LoadOptions): Promise<Load> {
  if (options.tenants.length === 0) throw new RangeError('A load needs at least one tenant to ask.');
  if (options.requests.length === 0) throw new RangeError('A load needs at least one kind of request.');
  const orders = ordersOf(options);
  visits(orders.demand).next(); // What is wrong with the demand is told here, not by a process that dies.
  const own = { file: process.execPath, args: [`${import.meta.dirname}/load.process.ts`] };
  const { file, args } = options.bed?.inside(own.file, own.args) ?? own;
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const said = listen(child);
  child.stdin.on('error', () => {}); // Ending before the orders are read shows in its exit, below.
  child.stdin.write(`${JSON.stringify(orders)}\n`);

  const ended = once(child, 'close').then(async ([code, signal]) => {
    if (code === 0) return readRecord(options.file);
    throw new LoadError(`The load ended with ${signal ?? `code ${code}`}: ${said().trim() || 'it said nothing'}`);
  });
  ended.catch(() => {}); // Whoever waits for it, or for stop(), is told.
  await Promise.race([once(child.stdout, 'data'), ended]);
  return {
    pid: child.pid as number,
    record: () => readRecord(options.file),
    async stop() {
      child.stdin.end();
      return ended;
    },
    ended,
  };
}

function ordersOf(options: LoadOptions): Orders {
  const { seed, arrivals, tenants, requests, sessions = { thinkSeconds: 1, meanRequests: 20 } } = options;
  const { target, headers = HEADERS, timeoutSeconds = 30, connections = 512, maxOpen = 20_000 } = options;
  return {
    demand: { seed, arrivals, tenants, requests, sessions },
    sender: { target, headers, timeoutSeconds, connections, maxOpen },
    file: options.file,
    durationSeconds: options.durationSeconds ?? A_YEAR,
  };
}

/** Keeps the end of what a process says on standard error. */
function listen(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk) => {
    text = (text + chunk).slice(-4000);
  });
  return () => text;
}
