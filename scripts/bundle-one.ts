/** Bundles one staged action: `bundle-one.ts <entry> <dist>`. A process of its own, so that two can work at once. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { minify } from '@swc/core';
import ncc from '@vercel/ncc';

const [entry, dist] = process.argv.slice(2) as [string, string];
const { code, assets } = await ncc(entry, {
  cache: false,
  minify: true,
  quiet: true,
  license: 'LICENSES.txt',
  esm: true,
});
await rm(dist, { recursive: true, force: true });
const files: [string, string | Uint8Array][] = [
  ['index.js', code],
  ...Object.entries(assets).map(([name, { source }]): [string, string | Uint8Array] => [name, source]),
];
for (const [name, source] of files) {
  // ncc minifies the entry only; what is loaded late is the larger part.
  const smaller =
    name !== 'index.js' && name.endsWith('.js')
      ? (await minify(String(source), { module: true, compress: true, mangle: true })).code
      : source;
  await mkdir(dirname(join(dist, name)), { recursive: true });
  await writeFile(join(dist, name), smaller);
}
