// Behaves as the official action where the release workflow depends on it: a name is taken once, unless
// `overwrite` is true; a missing folder is an error, a warning or nothing, as asked.
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const input = (name) => process.env[`INPUT_${name.toUpperCase()}`] ?? '';
const from = resolve(process.env.GITHUB_WORKSPACE, input('path'));
const to = join(process.env.TILLGATE_ARTIFACTS, input('name'));

if (!existsSync(from) || readdirSync(from).length === 0) {
  const missing = `No files were found with the path ${input('path')}.`;
  if (input('if-no-files-found') === 'error') {
    console.log(`::error::${missing}`);
    process.exit(1);
  }
  if (input('if-no-files-found') === 'warn') console.log(`::warning::${missing}`);
  process.exit(0);
}
if (existsSync(to)) {
  if (input('overwrite') !== 'true') {
    console.log(`::error::An artifact named ${input('name')} exists already in this run.`);
    process.exit(1);
  }
  rmSync(to, { recursive: true });
}
cpSync(from, to, { recursive: true });
