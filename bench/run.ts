/**
 * The one way to every benchmark: `npm run bench -- <name> [arguments]`. Prints a table and, as the last
 * line, one JSON object. Exits 1 where a bound does not hold.
 */
import { readdirSync } from 'node:fs';
import { writeWhole } from '@tillgate/host';
import { alignTable, type Benchmark, machine } from './benchmark.ts';

const here = import.meta.dirname;
const names = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !['run.ts', 'benchmark.ts'].includes(file))
  .map((file) => file.slice(0, -3))
  .sort();
const [name, ...args] = process.argv.slice(2);

if (name === undefined || !names.includes(name)) {
  console.error(`${name === undefined ? 'Name a benchmark' : `There is no benchmark "${name}"`}: ${names.join(', ')}.`);
  process.exit(2);
}

const { default: benchmark } = (await import(`./${name}.ts`)) as { default: Benchmark };
console.error(`${benchmark.name}: ${benchmark.about}`);
const { figures, bounds, holds, table } = await benchmark.run((progress) => console.error(`  ${progress}`), args);
const result = { benchmark: benchmark.name, machine: machine(), figures, bounds, holds };
await writeWhole(
  `${here}/results/${name}.json`,
  `${JSON.stringify({ date: new Date().toISOString(), ...result }, null, 2)}\n`,
);
console.log(alignTable(table));
console.log(JSON.stringify(result));
process.exitCode = holds ? 0 : 1;
