import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join, matchesGlob, resolve } from 'node:path';

const input = (name) => process.env[`INPUT_${name.toUpperCase()}`] ?? '';
const kept = process.env.TILLGATE_ARTIFACTS;
const to = resolve(process.env.GITHUB_WORKSPACE, input('path'));

mkdirSync(to, { recursive: true });
for (const name of readdirSync(kept).filter((one) => matchesGlob(one, input('pattern')))) {
  cpSync(join(kept, name), input('merge-multiple') === 'true' ? to : join(to, name), { recursive: true });
}
