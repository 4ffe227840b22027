import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Raised when a step of a build has failed; the message ends with the last lines of its log. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}

/**
 * Runs one step of a build with its output appended to a log file. The environment is inherited:
 * package clients are to work as the user has configured them.
 *
 * @throws BuildError
 */
export async function runLogged(
  file: string,
  args: readonly string[],
  options: { log: string; cwd: string; env?: Readonly<Record<string, string>> },
): Promise<void> {
  await mkdir(dirname(options.log), { recursive: true });
  const log = await open(options.log, 'a');
  try {
    await log.write(`$ ${[file, ...args].join(' ')}\n`);
    const failure = await new Promise<string | undefined>((resolve) => {
      const child = spawn(file, args, {
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
        stdio: ['ignore', log.fd, log.fd],
      });
      child.on('error', (cause: NodeJS.ErrnoException) =>
        resolve(cause.code === 'ENOENT' ? `${file} is not on PATH.` : `${file} could not be started (${cause.code}).`),
      );
      child.on('exit', (code, signal) =>
        resolve(code === 0 ? undefined : `${file} ended with ${signal ?? `exit code ${code}`}.`),
      );
    });
    if (failure === undefined) return;
    const lines = (await readFile(options.log, 'utf8')).trimEnd().split('\n');
    throw new BuildError(`${failure} The end of ${options.log}:\n  ${lines.slice(-15).join('\n  ')}`);
  } finally {
    await log.close();
  }
}
