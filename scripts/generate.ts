/** `npm run generate` writes action.yml files, README tables, rule pages and JSON Schemas from the code. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '@tillgate/host';
import { generatedFiles } from './generated.ts';

const root = join(import.meta.dirname, '..');
const files = await generatedFiles();
for (const folder of ['docs/rules', 'schemas']) {
  for (const name of await readdir(join(root, folder)).catch(() => [])) {
    if (!files.has(`${folder}/${name}`)) await rm(join(root, folder, name));
  }
}
for (const [path, content] of files) await writeWhole(join(root, path), content);
console.error(`${files.size} files generated.`);
