import { startCluster } from '../packages/testbed/src/cluster/start.ts';
import { measureOdoo } from '../packages/testbed/src/odoo/measure.ts';
import { measurePostgres } from '../packages/testbed/src/postgres/measure.ts';
import { measureRedis } from '../packages/testbed/src/redis/measure.ts';
import { behave, shopRuntime } from '../packages/testbed/src/shop/index.ts';
import { running } from '../packages/testbed/src/up/status.ts';
import { startWholeBed } from '../packages/testbed/src/up/whole-bed.ts';
import { type Benchmark, median } from './benchmark.ts';

const CLUSTERS = 5;
const BEDS = 3;
const SHOPS = 20;
const MIB = 2 ** 20;
/** The most that each figure may be. */
const BOUNDS = { cluster_ready_ms: 6_000, bed_ready_ms: 15_000, bed_memory_mib: 1_536, postgres_start_ms: 1_000 };

/** Times of a cluster by itself: until it is ready, until further shops are, and the memory of one shop. */
async function cluster(): Promise<{ ready: number; shops: number; shopMib: number; stop: number }> {
  const began = performance.now();
  const running = await startCluster({ runtimes: [shopRuntime] });
  const ready = performance.now() - began;
  try {
    const image = 'example.test/shop:1';
    await behave(running.bed, image, {});
    const rolling = performance.now();
    await running.kubectl(['create', 'deployment', 'shop', `--image=${image}`, `--replicas=${SHOPS}`]);
    await running.kubectl(['rollout', 'status', 'deployment/shop', '--timeout=110s']);
    const shops = performance.now() - rolling;
    const { processes } = await running.bed.status();
    const memories = processes.filter(({ name }) => name.endsWith('_shop')).map(({ memory }) => memory / MIB);
    const stopping = performance.now();
    await running.stop();
    return { ready, shops, shopMib: median(memories), stop: performance.now() - stopping };
  } catch (cause) {
    await running.stop();
    throw cause;
  }
}

/** Times of the parts of a whole bed, and the memory of its processes, by name. */
async function wholeBed(): Promise<{ ready: number; parts: Map<string, number>; memory: Map<string, number> }> {
  const before = new Set((await running()).map(({ folder }) => folder));
  const parts = new Map<string, number>();
  const began = performance.now();
  const bed = await startWholeBed(({ part, millis }) => parts.set(part, millis));
  const ready = performance.now() - began;
  try {
    const memory = new Map<string, number>();
    const add = (name: string, bytes = 0) => memory.set(name, (memory.get(name) ?? 0) + bytes / MIB);
    for (const each of (await running()).filter(({ folder }) => !before.has(folder))) {
      if (each.name.startsWith('bed '))
        for (const one of each.processes) add(one.name.replace(/^pod_.*_/, 'pods: '), one.memory);
      else add(each.name.replace(/-[0-9a-f]{8}$/, ''), each.memory);
    }
    return { ready, parts, memory };
  } finally {
    await bed.stop();
  }
}

/** Median of each figure over rounds. */
function medians(rounds: readonly Record<string, number>[]): Record<string, number> {
  const names = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, middle(rounds, (round) => round[name] as number)]));
}

const words = (name: string, unit: string) => name.replace(unit, '').replaceAll('_', ' ');
const middle = <T>(all: readonly T[], of: (one: T) => number) => Math.round(median(all.map(of)));

export default {
  name: 'testbed',
  about: `times and memory of the test bed: ${CLUSTERS} clusters with ${SHOPS} shops, ${BEDS} whole beds, all components built`,
  async run(say) {
    await (await startWholeBed(() => {})).stop(); // all is found, read and in the page cache
    const clusters: Awaited<ReturnType<typeof cluster>>[] = [];
    const beds: Awaited<ReturnType<typeof wholeBed>>[] = [];
    const data: Record<string, number>[] = [];
    for (let round = 0; round < CLUSTERS; round++) {
      clusters.push(await cluster());
      say(`cluster ${round + 1}: ready after ${Math.round(clusters.at(-1)?.ready ?? 0)} ms`);
      if (round >= BEDS) continue;
      data.push({ ...(await measureRedis()), ...(await measurePostgres()), ...(await measureOdoo()) });
      beds.push(await wholeBed());
      say(`whole bed ${round + 1}: ready after ${Math.round(beds.at(-1)?.ready ?? 0)} ms`);
    }
    const dataFigures = medians(data);
    const memoryOf = (name: string) => middle(beds, ({ memory }) => memory.get(name) ?? 0);
    const names = [...(beds[0]?.memory.keys() ?? [])];
    const figures = {
      cluster_ready_ms: middle(clusters, ({ ready }) => ready),
      cluster_stop_ms: middle(clusters, ({ stop }) => stop),
      twenty_shops_rolled_out_ms: middle(clusters, ({ shops }) => shops),
      shop_mib: Math.round(median(clusters.map(({ shopMib }) => shopMib)) * 10) / 10,
      bed_ready_ms: middle(beds, ({ ready }) => ready),
      bed_memory_mib: middle(beds, ({ memory }) => [...memory.values()].reduce((sum, each) => sum + each, 0)),
      ...dataFigures,
    };
    const partTimes = [...(beds[0]?.parts.keys() ?? [])].map((name) => [
      `${name} ready`,
      middle(beds, ({ parts }) => parts.get(name) ?? 0),
      '',
    ]);
    return {
      figures,
      bounds: Object.fromEntries(Object.entries(BOUNDS).map(([name, most]) => [name, `<= ${most}`])),
      holds: Object.entries(BOUNDS).every(
        ([name, most]) => ((figures as Record<string, number>)[name] as number) <= most,
      ),
      table: [
        ['what, medians', 'ms', 'MiB'],
        ['cluster by itself ready', figures.cluster_ready_ms, ''],
        [`its ${SHOPS} shops rolled out (memory of one)`, figures.twenty_shops_rolled_out_ms, figures.shop_mib],
        ['cluster stopped', figures.cluster_stop_ms, ''],
        ['whole bed ready', figures.bed_ready_ms, figures.bed_memory_mib],
        ...partTimes,
        ...names.map((name) => [name, '', memoryOf(name)]),
        ...Object.entries(dataFigures).map(([name, value]) =>
          name.endsWith('_ms') ? [words(name, '_ms'), value, ''] : [words(name, '_memory_mib'), '', value],
        ),
      ],
    };
  },
} satisfies Benchmark;
