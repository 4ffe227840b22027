import type { Log } from './log.ts';

/** What a program that ended has left. */
export interface Ended {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** Milliseconds from start to end. */
  millis: number;
}

export interface RunOptions {
  /** The whole environment of the program: nothing is inherited. */
  env: Readonly<Record<string, string>>;
  cwd: string;
  /** Cancels the program: SIGTERM, then SIGKILL after five seconds. */
  signal?: AbortSignal;
  timeoutMs: number;
  /** Upper bound for stdout and stderr each, in bytes; more ends the program. */
  maxBytes?: number;
  /** Standard output goes into this file instead of memory; `maxBytes` does not bound it. */
  stdoutFile?: string;
  input?: string | Uint8Array;
}

/** Raised when a program could not be started, was ended, or ran too long; never for its exit code. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
}

/** Runs programs from argument arrays. There is no shell, and nothing is inherited. */
export interface Programs {
  /** Runs a program whose output is read by code. @throws ProgramError */
  run(file: string, args: readonly string[], options: RunOptions): Promise<Ended>;
}

const MAX_BYTES = 64 * 1024 * 1024;

/** The real port, over execa, which is loaded when first used. */
export function systemPrograms(log: Log): Programs {
  return {
    async run(file, args, options) {
      const { execa } = await import('execa');
      const started = performance.now();
      log.debug(`run ${file} ${args.length} arguments`);
      const result = await execa(file, [...args], {
        env: { ...options.env },
        extendEnv: false,
        cwd: options.cwd,
        shell: false,
        reject: false,
        timeout: options.timeoutMs,
        forceKillAfterDelay: 5_000,
        maxBuffer: options.maxBytes ?? MAX_BYTES,
        stripFinalNewline: false,
        ...(options.signal && { cancelSignal: options.signal }),
        ...(options.input !== undefined && { input: options.input }),
        ...(options.stdoutFile !== undefined && { stdout: { file: options.stdoutFile }, buffer: { stdout: false } }),
      });
      // A program may answer SIGTERM by ending with 0: what was cut short is no result, whatever its exit code.
      if (result.timedOut || result.isCanceled || result.isMaxBuffer || result.exitCode === undefined)
        throw new ProgramError(whyEnded(file, result));
      return {
        exitCode: result.exitCode,
        stdout: typeof result.stdout === 'string' ? result.stdout : '',
        stderr: typeof result.stderr === 'string' ? result.stderr : '',
        millis: performance.now() - started,
      };
    },
  };
}

function whyEnded(
  file: string,
  result: {
    timedOut: boolean;
    isCanceled: boolean;
    isMaxBuffer: boolean;
    signal?: string | undefined;
    code?: string | undefined;
  },
): string {
  if (result.timedOut) return `${file} did not end in time and was ended.`;
  if (result.isCanceled) return `${file} was cancelled.`;
  if (result.isMaxBuffer) return `${file} wrote more than may be read and was ended.`;
  if (result.signal) return `${file} was ended by ${result.signal}.`;
  return `${file} could not be started (${result.code ?? 'unknown reason'}).`;
}
