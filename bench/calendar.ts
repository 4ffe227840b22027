import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { type CalendarQuestion, observeCalendar } from '@tillgate/calendar';
import { stageSources } from '../scripts/stage.ts';
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
  /** Processor time of the whole process. */
  cpuMs: number;
}

export default {
  name: 'calendar',
  about: `next fitting slot in a crowded year: wall and processor time of ${RUNS} runs (the least is judged: other work on the machine only adds), and of ${COLD_RUNS} fresh processes`,

  async run(say) {
    say('bundling, as the actions are: a fresh process of the real thing reads no TypeScript');
    const bundle = await bundled('find-slot.ts');
    const rows: (string | number)[][] = [
      ['windows', 'tenants', 'least ms', 'median ms', 'median CPU ms', 'memory MB', 'cold process ms', 'its CPU ms'],
    ];
    const figures: Record<string, number> = {};
    const bounds: Record<string, string> = {};
    let holds = true;
    for (const tenants of [0, TENANTS]) {
      for (const windows of COUNTS) {
        const asked = question(crowdedYear(windows, tenants));
        const warm = await inThisProcess(asked);
        const cold = inFreshProcesses(bundle, asked);
        const name = `${windows}_windows_${tenants}_tenants`;
        const megabytes = Math.min(...cold.map((one) => one.megabytes));
        const coldCpu = round(median(cold.map((one) => one.cpuMs)));
        const coldMs = Math.min(...cold.map((one) => one.wholeMs));
        rows.push([windows, tenants, warm.least, warm.median, warm.cpu, megabytes, coldMs, coldCpu]);
        figures[`${name}_least_ms`] = warm.least;
        figures[`${name}_median_ms`] = warm.median;
        figures[`${name}_median_cpu_ms`] = warm.cpu;
        figures[`${name}_memory_mb`] = Math.round(megabytes);
        figures[`${name}_cold_process_ms`] = coldMs;
        figures[`${name}_cold_process_cpu_ms`] = coldCpu;
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

/** Makes a bundle of a script beside this one, the way the actions' are made. */
async function bundled(script: string): Promise<string> {
  const root = join(import.meta.dirname, '..');
  const stage = join(root, 'node_modules', '.stage-bench');
  await stageSources(root, stage);
  const entry = join(stage, 'bench', script.replace(/ts$/, 'js'));
  await mkdir(join(stage, 'bench'), { recursive: true });
  const source = await readFile(join(import.meta.dirname, 'calendar', script), 'utf8');
  await writeFile(entry, stripTypeScriptTypes(source));
  const dist = join(stage, 'bench', 'dist');
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'bundle-one.ts'), entry, dist], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${script} could not be bundled: ${stderr.slice(-2_000)}`);
  return join(dist, 'index.js');
}

/** Each with its own start of Node, reading of the bundle and of the question. */
function inFreshProcesses(script: string, asked: CalendarQuestion): (Found & { wholeMs: number })[] {
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
