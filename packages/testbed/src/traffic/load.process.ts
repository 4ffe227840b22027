/**
 * The process that sends the load. Its orders are the first line of standard input, as JSON; it says
 * `started` once the first request is scheduled. It ends when its time is over or standard input closes,
 * so it never outlives whoever started it.
 */
import { createInterface } from 'node:readline';
import type { Orders } from './load.ts';
import { RecordWriter } from './record-writer.ts';
import { Sender } from './sender.ts';
import { visits } from './visits.ts';

const FLUSH_MS = 100;
/** At most this many requests are sent before answers get their turn again. */
const AT_ONCE = 64;
/** How much later than its bound a timeout may fire, with some to spare. */
const TIMEOUT_SLACK_MS = 2_000;

const lines = createInterface({ input: process.stdin });
const [line] = (await Promise.race([
  new Promise<[string]>((resolve) => lines.once('line', (text) => resolve([text]))),
  new Promise<[]>((resolve) => lines.once('close', () => resolve([]))),
])) as [string?];
if (line === undefined) throw new Error('No orders came on standard input.');
const { demand, sender: options, file, durationSeconds } = JSON.parse(line) as Orders;

const upcoming = visits(demand);
const start = performance.now();
const record = new RecordWriter(file, { ...demand, startedAt: performance.timeOrigin + start });
const sender = new Sender(demand, options, record);
const flushing = setInterval(() => record.flush(), FLUSH_MS);
process.stdout.write('started\n');

let next = upcoming.next().value;
let over = false;

/** Sends all that is due, then sleeps until the next one is. */
function pump(): void {
  for (let sent = 0; !over; sent++) {
    if (next.at >= durationSeconds) return void end();
    const due = start + next.at * 1000;
    const ahead = due - performance.now();
    if (ahead > 0) return void setTimeout(pump, ahead);
    if (sent === AT_ONCE) return void setImmediate(pump);
    sender.send(next, due);
    next = upcoming.next().value;
  }
}

async function end(): Promise<void> {
  if (over) return;
  over = true;
  lines.close();
  await sender.close(options.timeoutSeconds * 1000 + TIMEOUT_SLACK_MS);
  clearInterval(flushing);
  record.close();
  process.stdin.destroy();
}

lines.once('close', end);
pump();
