import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { memoryByPid } from './memory.ts';
import type { ProcessSpec, ProcessState } from './protocol.ts';

interface Running {
  spec: ProcessSpec;
  child: ChildProcess;
  since: number;
  ended: Promise<number | string>;
  code?: number | string;
}

/** The processes of one bed. Their output goes to `logs/<name>.log` in the bed's folder. */
export class Processes {
  readonly #folder: string;
  readonly #byName = new Map<string, Running>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts a process. @throws Error if the name is taken or the program cannot be started */
  async start(spec: ProcessSpec): Promise<{ pid: number }> {
    const before = this.#byName.get(spec.name);
    if (before && before.code === undefined) throw new Error(`${spec.name} runs already.`);
    const log = openSync(this.logOf(spec.name), 'a');
    const child = spawn(spec.file, spec.args, { cwd: spec.cwd, env: { ...spec.env }, stdio: ['ignore', log, log] });
    closeSync(log);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) =>
        reject(new Error(`${spec.name} could not be started: ${cause.message}`, { cause })),
      );
    });
    const running: Running = {
      spec,
      child,
      since: Date.now(),
      ended: new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code ?? 'unknown'))),
    };
    running.ended.then((code) => {
      running.code = code;
    });
    this.#byName.set(spec.name, running);
    return { pid: child.pid as number };
  }

  /** Waits for the end of a process: its exit code, or the signal that ended it. */
  wait(name: string): Promise<number | string> {
    return this.#find(name).ended;
  }

  /** Ends a process: the signal, then SIGKILL after five seconds. */
  async stop(name: string, signal: NodeJS.Signals = 'SIGTERM', graceMs = 5_000): Promise<number | string> {
    const running = this.#find(name);
    if (running.code === undefined) running.child.kill(signal);
    const kill = setTimeout(() => running.child.kill('SIGKILL'), graceMs);
    try {
      return await running.ended;
    } finally {
      clearTimeout(kill);
    }
  }

  /** Sends a signal and waits for nothing: SIGSTOP makes a process hang, SIGKILL makes it crash. */
  signal(name: string, signal: NodeJS.Signals): void {
    this.#find(name).child.kill(signal);
  }

  /** Kills a process if it runs still, and starts it again as it was started. */
  async restart(name: string): Promise<{ pid: number }> {
    const { spec } = this.#find(name);
    await this.stop(name, 'SIGKILL');
    return this.start(spec);
  }

  /** Forgets a process that has ended; its log stays. */
  forget(name: string): void {
    if (this.#byName.get(name)?.code !== undefined) this.#byName.delete(name);
  }

  /** Whether a process runs now. */
  runs(name: string): boolean {
    const running = this.#byName.get(name);
    return running !== undefined && running.code === undefined;
  }

  logOf(name: string): string {
    return join(this.#folder, 'logs', `${name}.log`);
  }

  list(): ProcessState[] {
    const memory = memoryByPid();
    return [...this.#byName].map(([name, { child, since, code }]) => ({
      name,
      pid: child.pid as number,
      since,
      memory: code === undefined ? (memory.get(child.pid as number) ?? 0) : 0,
      ...(code !== undefined && { ended: code }),
    }));
  }

  /** Memory of the keeper itself, in bytes. */
  ownMemory(): number {
    return memoryByPid().get(process.pid) ?? 0;
  }

  #find(name: string): Running {
    const running = this.#byName.get(name);
    if (!running)
      throw new Error(`There is no process ${name} in this bed. There are: ${[...this.#byName.keys()].join(', ')}.`);
    return running;
  }
}
