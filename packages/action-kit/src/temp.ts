import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveState } from './runner.ts';

/** Makes a folder for this step. Its path is saved before it exists, so that `post:` finds it after a kill. */
export async function makeTemp(action: string): Promise<string> {
  const folder = join(process.env.RUNNER_TEMP ?? tmpdir(), `tillgate-${action}-${randomBytes(6).toString('hex')}`);
  saveState('temp', folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}
