import { execFile } from 'node:child_process';

/** Where a command of a pod runs: beside its process, in its folder, with its environment. */
export interface Beside {
  cwd: string;
  env: Readonly<Record<string, string>>;
}

/**
 * Runs a command of a pod as `exec` does in its container, and tells whether it ended with 0 in time. What it says is
 * not kept.
 *
 * @param timeoutMs after which it is killed
 */
export function succeeds(
  command: readonly string[],
  { cwd, env }: Beside,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const [file, ...args] = command;
  if (file === undefined) throw new Error('A hook or probe of kind exec names no command.');
  const options = {
    cwd,
    env: { ...env },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    ...(signal && { signal }),
  } as const;
  return new Promise((resolve) => {
    execFile(file, args, options, (cause) => resolve(cause === null));
  });
}
