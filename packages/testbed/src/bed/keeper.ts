/**
 * The first process of a bed, alone with its children in a network namespace and a PID namespace.
 *
 * It starts and ends processes as asked on a Unix socket, and carries connections from ports of the
 * machine to ports of the bed. When it ends, however it ends, the kernel ends everything it started.
 */
import { spawnSync } from 'node:child_process';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { holdAlive } from './folders.ts';
import { POD_NETWORK, SERVICE_NETWORK } from './networks.ts';
import { Processes } from './processes.ts';
import { type RequestName, type Requests, SOCKET } from './protocol.ts';

const folder = process.argv[2] as string;
const since = Date.now();
const processes = new Processes(folder);
const about: Record<string, string> = {};

function ip(...args: string[]): void {
  const ended = spawnSync('ip', args, { encoding: 'utf8' });
  if (ended.status !== 0) throw new Error(`ip ${args.join(' ')}: ${ended.error?.message ?? ended.stderr.trim()}`);
}

const answers: { [R in RequestName]: (input: Requests[R]['in']) => Promise<Requests[R]['out']> } = {
  start: (spec) => processes.start(spec),
  stop: async ({ name, signal }) => ({ ended: await processes.stop(name, signal) }),
  signal: async ({ name, signal }) => {
    processes.signal(name, signal);
    return {};
  },
  restart: ({ name }) => processes.restart(name),
  wait: async ({ name }) => ({ ended: await processes.wait(name) }),
  status: async () => {
    const keeper = { name: 'keeper', pid: process.pid, since, memory: processes.ownMemory() };
    const list = processes.list();
    // The keeper is everyone's parent: what it uses alone is what is left.
    keeper.memory -= list.reduce((sum, each) => sum + each.memory, 0);
    return { since, about, processes: [keeper, ...list] };
  },
  describe: async (more) => Object.assign(about, more) && {},
  pods: async (spec) => {
    const { startPodAgent } = await import('../pods/agent.ts');
    await startPodAgent(spec, processes, folder);
    return {};
  },
};

function serve(connection: Socket): void {
  connection.on('error', () => connection.destroy());
  const lines = createInterface(connection).on('error', () => connection.destroy());
  lines.once('line', async (line) => {
    try {
      const { request, input } = JSON.parse(line) as { request: RequestName; input: never };
      connection.end(`${JSON.stringify({ output: await answers[request](input) })}\n`);
    } catch (cause) {
      connection.end(`${JSON.stringify({ error: (cause as Error).message })}\n`);
    }
  });
}

/** Carries connections of a listener that was opened outside to an address inside. */
function carry(listener: Server, host: string, port: number): void {
  listener.on('connection', (outer: Socket) => {
    const inner = createConnection(port, host);
    outer.pipe(inner).pipe(outer);
    const end = () => {
      outer.destroy();
      inner.destroy();
    };
    for (const each of [outer, inner]) {
      each.setNoDelay(true);
      each.on('error', end).on('close', end);
    }
  });
}

holdAlive(folder);
ip('link', 'set', 'lo', 'up');
// Every address of these networks is an address of this machine: a process can be bound to any of them.
ip('route', 'add', 'local', POD_NETWORK, 'dev', 'lo');
ip('route', 'add', 'local', SERVICE_NETWORK, 'dev', 'lo');
createServer(serve).listen(join(folder, SOCKET), () => process.send?.({ ready: true }));
process.on('message', (message: { door: number; host: string; port: number }, listener: unknown) => {
  carry(listener as Server, message.host, message.port);
  process.send?.({ opened: message.door });
});
// The maker has ended without a word: so does the bed.
process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => process.exit(0));
