import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { component } from '../components/component.ts';
import { newBedFolder } from './folders.ts';
import { ask, type PodsSpec, type ProcessSpec, type ProcessState, SOCKET } from './protocol.ts';

/** A bed: a network of its own, with processes in it. */
export interface Bed {
  /** Its folder; what is written there goes with the bed. */
  readonly folder: string;
  /** Starts a process inside. Its output goes to `logs/<name>.log`. */
  start(spec: Pick<ProcessSpec, 'name' | 'file' | 'args'> & Partial<ProcessSpec>): Promise<void>;
  /** Ends a process inside: exit code or signal. */
  stop(name: string, signal?: NodeJS.Signals): Promise<number | string>;
  /** Sends a signal to a process inside: SIGSTOP makes it hang, SIGKILL makes it crash. */
  signal(name: string, signal: NodeJS.Signals): Promise<void>;
  /** Kills a process inside if it runs still, and starts it as it was started: an API server that was away. */
  restart(name: string): Promise<void>;
  /** Waits until a process inside ends: exit code or signal. */
  wait(name: string): Promise<number | string>;
  /** Opens a port of 127.0.0.1 on this machine that leads to a port inside; the number is given by the system. */
  open(port: number, host?: string): Promise<number>;
  /** The arguments that run a program inside from outside, with the caller's input and output. */
  inside(file: string, args: readonly string[]): { file: string; args: string[] };
  status(): Promise<{ since: number; about: Record<string, string>; processes: ProcessState[] }>;
  /** Remembers something about the bed for whoever asks its status. */
  describe(about: Record<string, string>): Promise<void>;
  /** Lets pods be processes. */
  pods(spec: PodsSpec): Promise<void>;
  /** Ends everything inside and removes the folder. */
  end(): Promise<void>;
}

/** How this machine lets a network namespace be made: as root, as anyone, or not at all. */
export function namespaceWay(): { args: string[]; enter: string[] } | { because: string } {
  if (process.platform !== 'linux')
    return { because: `${process.platform} has no network namespaces; run it in a Linux machine` };
  const root = process.getuid?.() === 0;
  const args = root ? ['--net', '--pid'] : ['--user', '--map-root-user', '--net', '--pid'];
  // Some systems make the namespace and then deny every right in it: only using it tells.
  const tried = spawnSync('unshare', [...args, '--fork', 'ip', 'link', 'set', 'lo', 'up'], { encoding: 'utf8' });
  if (tried.status === 0) {
    return { args, enter: root ? ['--net'] : ['--user', '--preserve-credentials', '--net'] };
  }
  return {
    because:
      `\`unshare ${args.join(' ')} ip link set lo up\` says: ${tried.error?.message ?? tried.stderr.trim()}. ` +
      (root ? 'The machine must allow namespaces (CAP_SYS_ADMIN).' : 'Allow user namespaces, or run it as root.'),
  };
}

/**
 * Makes a bed: a folder, and a keeper in a network and a PID namespace of its own. Whatever is left of
 * beds that have died is removed first.
 *
 * @throws Error if this machine allows no namespaces
 */
export async function makeBed(): Promise<Bed> {
  const way = namespaceWay();
  if ('because' in way) throw new Error(`No bed can be made here: ${way.because}`);
  const node = await component('node24');
  const { folder, handOver } = await newBedFolder();
  const log = openSync(join(folder, 'logs', 'keeper.log'), 'a');
  const keeper = spawn(
    'unshare',
    // The shell is process 1 inside: it reaps orphans, and its end ends the namespace.
    [
      ...way.args,
      '--fork',
      '--kill-child',
      'sh',
      '-c',
      '"$@"; exit $?',
      'sh',
      node.path,
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL('./keeper.ts', import.meta.url)),
      folder,
    ],
    { stdio: ['ignore', log, log, 'ipc'], detached: true, env: process.env },
  );
  closeSync(log);
  try {
    await firstWord(keeper, folder);
  } finally {
    handOver();
  }
  return new KeptBed(folder, keeper, way.enter);
}

async function firstWord(keeper: ChildProcess, folder: string): Promise<void> {
  let up = false;
  await new Promise<void>((resolve, reject) => {
    keeper.once('message', () => resolve());
    keeper.once('error', (cause) => reject(new Error(`unshare could not be started: ${cause.message}`, { cause })));
    keeper.once('exit', (code, signal) => {
      if (up) return;
      const said = readFileSync(join(folder, 'logs', 'keeper.log'), 'utf8').trim();
      reject(new Error(`The keeper of the bed ended at once (${signal ?? code}): ${said.slice(-1500)}`));
    });
  });
  up = true;
}

class KeptBed implements Bed {
  readonly folder: string;
  readonly #keeper: ChildProcess;
  readonly #enter: readonly string[];
  readonly #socket: string;
  #doors = 0;

  constructor(folder: string, keeper: ChildProcess, enter: readonly string[]) {
    this.folder = folder;
    this.#keeper = keeper;
    this.#enter = enter;
    this.#socket = join(folder, SOCKET);
    // A test that forgets its bed must still be able to end: the bed then ends with it.
    keeper.unref();
    (keeper.channel as { unref(): void } | null)?.unref();
  }

  async start(spec: Pick<ProcessSpec, 'name' | 'file' | 'args'> & Partial<ProcessSpec>): Promise<void> {
    const env = { PATH: process.env.PATH ?? '', HOME: this.folder };
    await ask(this.#socket, 'start', { cwd: this.folder, ...spec, env: { ...env, ...spec.env } });
  }

  async stop(name: string, signal?: NodeJS.Signals): Promise<number | string> {
    return (await ask(this.#socket, 'stop', { name, ...(signal && { signal }) })).ended;
  }

  async signal(name: string, signal: NodeJS.Signals): Promise<void> {
    await ask(this.#socket, 'signal', { name, signal });
  }

  async restart(name: string): Promise<void> {
    await ask(this.#socket, 'restart', { name });
  }

  async wait(name: string): Promise<number | string> {
    return (await ask(this.#socket, 'wait', { name })).ended;
  }

  async open(port: number, host = '127.0.0.1'): Promise<number> {
    const listener = createServer();
    await new Promise<void>((resolve, reject) => listener.once('error', reject).listen(0, '127.0.0.1', resolve));
    const outer = (listener.address() as AddressInfo).port;
    // A listener stays in the network it was opened in, even when a process of another one accepts on it.
    const door = ++this.#doors;
    await new Promise<void>((resolve, reject) => {
      const opened = (message: { opened?: number }) => {
        if (message.opened !== door) return;
        this.#keeper.off('message', opened);
        resolve();
      };
      this.#keeper.on('message', opened);
      this.#keeper.send({ door, host, port }, listener, (cause) => cause && reject(cause));
    });
    listener.close();
    return outer;
  }

  inside(file: string, args: readonly string[]): { file: string; args: string[] } {
    return { file: 'nsenter', args: ['--target', String(this.#keeper.pid), ...this.#enter, '--', file, ...args] };
  }

  status() {
    return ask(this.#socket, 'status', {});
  }

  async describe(about: Record<string, string>): Promise<void> {
    await ask(this.#socket, 'describe', about);
  }

  async pods(spec: PodsSpec): Promise<void> {
    await ask(this.#socket, 'pods', spec);
  }

  async end(): Promise<void> {
    if (this.#keeper.exitCode === null && this.#keeper.signalCode === null) {
      const ended = new Promise((resolve) => this.#keeper.once('exit', resolve));
      this.#keeper.ref();
      this.#keeper.kill('SIGKILL');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
