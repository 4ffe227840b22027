import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type CalendarQuestion, observeCalendar } from '@tillgate/calendar';
import { type Benchmark, median } from './benchmark.ts';
import { crowdedYear, question } from './calendar/crowded-year.ts';

const COUNTS = [100, 1_000, 10_000];
const TENANTS = 80;
const RUNS = 9;
const COLD_RUNS = 5;
const BOUND_MS = 200;
const BOUND_COLD_MS = 400;
const BOUND_MB = 100;

interface Found {
  nextOpening?: string;
  millis: number;
  megabytes: number;
}

export default {
  name: 'calendar',
  about: `next fitting slot in a crowded year: wall and processor time of ${RUNS} runs (the least is judged: other work on the machine only adds), and of ${COLD_RUNS} fresh processes`,

  async run(say) {
    const rows: (string | number)[][] = [
      ['windows', 'tenants', 'least ms', 'median ms', 'median CPU ms', 'memory MB', 'cold process ms'],
    ];
    const figures: Record<string, number> = {};
    const bounds: Record<string, string> = {};
    let holds = true;
    for (const tenants of [0, TENANTS]) {
      for (const windows of COUNTS) {
        const asked = question(crowdedYear(windows, tenants));
        const warm = await inThisProcess(asked);
        const cold = inFreshProcesses(asked);
        const name = `${windows}_windows_${tenants}_tenants`;
        const megabytes = Math.min(...cold.map((one) => one.megabytes));
        const coldMs = Math.min(...cold.map((one) => one.wholeMs));
        rows.push([windows, tenants, warm.least, warm.median, warm.cpu, megabytes, coldMs]);
        figures[`${name}_least_ms`] = warm.least;
        figures[`${name}_median_ms`] = warm.median;
        figures[`${name}_median_cpu_ms`] = warm.cpu;
        figures[`${name}_memory_mb`] = Math.round(megabytes);
        figures[`${name}_cold_process_ms`] = coldMs;
        bounds[`${name}_least_ms`] = `<= ${BOUND_MS}`;
        bounds[`${name}_memory_mb`] = `<= ${BOUND_MB}`;
        bounds[`${name}_cold_process_ms`] = `<= ${BOUND_COLD_MS}`;
        holds &&= warm.least <= BOUND_MS && megabytes <= BOUND_MB && coldMs <= BOUND_COLD_MS;
        if (cold.some(({ nextOpening }) => nextOpening !== warm.nextOpening)) {
          throw new Error(`A fresh process found another slot than this one (${name}): the figures mean nothing.`);
        }
        say(`${windows} windows, ${tenants} tenants: the next slot is ${warm.nextOpening}`);
      }
    }
    return { figures, bounds, holds, table: rows };
  },
} satisfies Benchmark;

async function inThisProcess(asked: CalendarQuestion) {
  const walls: number[] = [];
  const cpus: number[] = [];
  let nextOpening: string | undefined;
  for (let run = 0; run < RUNS; run++) {
    const cpu = process.cpuUsage();
    const started = performance.now();
    ({ nextOpening } = await observeCalendar(asked));
    walls.push(performance.now() - started);
    const used = process.cpuUsage(cpu);
    cpus.push((used.user + used.system) / 1_000);
  }
  return { least: round(Math.min(...walls)), median: round(median(walls)), cpu: round(median(cpus)), nextOpening };
}

/** Each with its own start of Node, reading of the sources and of the question. */
function inFreshProcesses(asked: CalendarQuestion): (Found & { wholeMs: number })[] {
  const script = join(import.meta.dirname, 'calendar', 'find-slot.ts');
  const input = JSON.stringify(asked);
  return Array.from({ length: COLD_RUNS }, () => {
    const started = performance.now();
    const { stdout, status, stderr } = spawnSync(process.execPath, [script], { input, encoding: 'utf8' });
    const wholeMs = round(performance.now() - started);
    if (status !== 0) throw new Error(`The fresh process failed: ${stderr.slice(-2_000)}`);
    return { ...(JSON.parse(stdout) as Found), wholeMs };
  });
}

function round(millis: number): number {
  return Math.round(millis * 10) / 10;
}
