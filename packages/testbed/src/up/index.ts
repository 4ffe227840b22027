import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bedsFolder } from '../bed/folders.ts';
import { until } from '../until.ts';
import { ENV_FILE, holdUp, UP_FILE, UP_LOG } from './places.ts';

type Word = { line: string } | { ready: string[] } | { failed: string };

/** Brings the whole bed up, kept by a process of its own. @throws Error saying why it is not up */
export async function up(say: (line: string) => void): Promise<void> {
  const began = performance.now();
  mkdirSync(bedsFolder(), { recursive: true, mode: 0o700 });
  const log = openSync(UP_LOG(), 'w', 0o600);
  const script = fileURLToPath(new URL('./up.process.ts', import.meta.url));
  const keeper = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    keeper.on('message', (word: Word) => {
      if ('line' in word) say(word.line);
      if ('failed' in word) reject(new Error(word.failed));
      if ('ready' in word) {
        say(`up after ${((performance.now() - began) / 1000).toFixed(1)} s`);
        say(`\`. ${ENV_FILE()}\` sets ${word.ready.join(', ')}`);
        resolve();
      }
    });
    keeper.on('exit', (code, signal) =>
      reject(
        new Error(`What keeps the bed ended with ${signal ?? code}: ${readFileSync(UP_LOG(), 'utf8').slice(-1500)}`),
      ),
    );
  });
  keeper.unref();
}

/** Takes the bed down that is up. Returns false if none is. */
export async function down(): Promise<boolean> {
  const free = holdUp();
  if (free) {
    free.release();
    return false;
  }
  const { pid } = JSON.parse(readFileSync(UP_FILE(), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGTERM');
  await until('the bed is down', () => {
    const ended = holdUp();
    ended?.release();
    return ended !== undefined;
  });
  return true;
}
