import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program to run: an argument array, a whole environment, nothing inherited. */
export interface Command {
  file: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  /** Written to its standard input, which is then closed. */
  input?: string;
}

/** A long-running process of a run. */
export interface RunProcess {
  readonly name: string;
  readonly pid: number;
  /** File that takes its standard output and error. */
  readonly log: string;
  /** How it ended, once it has. */
  readonly ended: Promise<string>;
  running(): boolean;
  /** The last lines it wrote. */
  tail(lines?: number): Promise<string>;
  /** Sends the signal, waits until it has ended, and after `graceMs` kills it. */
  stop(signal: NodeJS.Signals, graceMs: number): Promise<void>;
}

/** Starts a program whose output goes to `log`. @throws Error if it cannot be started */
export async function startProcess(name: string, command: Command, log: string): Promise<RunProcess> {
  const output = openSync(log, 'a');
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    env: { ...command.env },
    stdio: [command.input === undefined ? 'ignore' : 'pipe', output, output],
  });
  closeSync(output);
  if (command.input !== undefined) {
    child.stdin?.on('error', () => {}); // it ended before reading; how it ended is told below
    child.stdin?.end(command.input);
  }
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => reject(new Error(`${name} could not be started: ${cause.message}`, { cause })));
  });
  return new StartedProcess(name, child, log);
}

class StartedProcess implements RunProcess {
  readonly name: string;
  readonly pid: number;
  readonly log: string;
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;

  constructor(name: string, child: ChildProcess, log: string) {
    this.name = name;
    this.#child = child;
    this.pid = child.pid as number;
    this.log = log;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }

  running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async tail(lines = 20): Promise<string> {
    const text = await readFile(this.log, 'utf8').catch(() => '');
    return text.trimEnd().split('\n').slice(-lines).join('\n');
  }

  async stop(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    if (!this.running()) return;
    this.#child.kill(signal);
    const late = new AbortController();
    await Promise.race([this.ended, sleep(graceMs, undefined, { signal: late.signal, ref: false }).catch(() => {})]);
    late.abort();
    if (this.running()) this.#child.kill('SIGKILL');
    await this.ended;
  }
}
