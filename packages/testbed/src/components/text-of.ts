import { silentLog, systemPrograms } from '@tillgate/host';
import { BuildError } from './run-logged.ts';

/** What a short program prints. The environment is inherited. @throws BuildError if it ends with another code than 0 */
export async function textOf(
  file: string,
  args: readonly string[],
  options: { cwd: string; env?: Readonly<Record<string, string>>; timeoutMs?: number; both?: boolean },
): Promise<string> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const ended = await systemPrograms(silentLog).run(file, args, {
    cwd: options.cwd,
    env: { ...Object.fromEntries(inherited), ...options.env },
    timeoutMs: options.timeoutMs ?? 300_000,
  });
  if (ended.exitCode !== 0) {
    throw new BuildError(
      `${file} ${args.join(' ')} ended with exit code ${ended.exitCode}: ${ended.stderr.trim().slice(-800)}`,
    );
  }
  return options.both ? ended.stdout + ended.stderr : ended.stdout;
}
