import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Benchmark, median } from './benchmark.ts';

const ROUNDS = 20;
const MOST_TIMES_BARE = 3;
const MOST_BYTES = 1.5 * 1024 * 1024;
const actions = join(import.meta.dirname, '..', 'actions');

/**
 * Cold start: a whole process from nothing to the refusal of missing inputs, as the runner starts it,
 * against `node -e 0`. All are run in turn, so that a slow moment of the machine hits each alike.
 */
const start: Benchmark = {
  name: 'start',
  about: `cold start of each bundle against bare node, median of ${ROUNDS} interleaved runs`,
  async run(say) {
    const names = readdirSync(actions).filter((name) => readdirSync(join(actions, name)).includes('dist'));
    const commands = new Map([
      ['bare', ['-e', '0']],
      ...names.map((name): [string, string[]] => [name, [join(actions, name, 'dist/index.js')]]),
    ]);
    const times = new Map([...commands.keys()].map((name) => [name, [] as number[]]));
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [name, args] of commands) {
        const began = performance.now();
        const { status } = spawnSync(process.execPath, args, {
          env: { PATH: process.env.PATH, RUNNER_TEMP: tmpdir() },
          stdio: 'ignore',
        });
        const took = performance.now() - began;
        if (name !== 'bare' && status !== 1)
          throw new Error(`${name} ended with ${status}; without inputs it must end with 1.`);
        if (round > 0) times.get(name)?.push(took); // the first round fills the page cache
      }
    }
    const bare = median(times.get('bare') ?? []);
    say(`bare node: ${bare.toFixed(1)} ms`);
    const rows = names.map((name) => {
      const millis = median(times.get(name) ?? []);
      const bytes = statSync(join(actions, name, 'dist/index.js')).size;
      return { name, millis, ratio: millis / bare, bytes };
    });
    return {
      table: [
        ['bundle', 'ms', 'times bare', 'kB'],
        ['node -e 0', bare, 1, 0],
        ...rows.map(({ name, millis, ratio, bytes }) => [name, millis, ratio, bytes / 1024]),
      ],
      figures: Object.fromEntries(
        rows.flatMap(({ name, millis, ratio, bytes }) => [
          [`${name}_ms`, Math.round(millis * 10) / 10],
          [`${name}_times_bare`, Math.round(ratio * 100) / 100],
          [`${name}_bytes`, bytes],
        ]),
      ),
      bounds: Object.fromEntries(
        rows.flatMap(({ name }) => [
          [`${name}_times_bare`, `<= ${MOST_TIMES_BARE}`],
          [`${name}_bytes`, `<= ${MOST_BYTES}`],
        ]),
      ),
      holds: rows.every(({ ratio, bytes }) => ratio <= MOST_TIMES_BARE && bytes <= MOST_BYTES),
    };
  },
};

export default start;
