import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { diesWithParent, notAsRoot, programAndArgs, type Run, type RunProcess } from '../runs/index.ts';
import { attempt, must, PostgresError, type PostgresTools } from './tools.ts';

const SOCKET_PATH_LIMIT = 107; // bytes of sockaddr_un.sun_path, without its closing zero

/** A server process on one data directory. */
export interface Server {
  data: string;
  /** Folder of its Unix socket, which is trusted: only its owner can enter. */
  socketDir: string;
  port: number;
  process: RunProcess;
}

/** Starts a server on a data directory and waits until it takes connections. @throws PostgresError */
export async function serve(
  tools: PostgresTools,
  run: Run,
  data: string,
  settings: Readonly<Record<string, string>>,
): Promise<Server> {
  const port = await run.port();
  const socketDir = join(run.folder, 'socket');
  await mkdir(socketDir);
  const socket = join(socketDir, `.s.PGSQL.${port}`);
  if (Buffer.byteLength(socket) > SOCKET_PATH_LIMIT) {
    throw new PostgresError(
      `The socket's path ${socket} is longer than ${SOCKET_PATH_LIMIT} bytes, which no program can open. ` +
        'Let TILLGATE_RUNS name a folder with a shorter path.',
    );
  }
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: socketDir,
    shared_buffers: '64MB',
    // Nothing of a run outlives the machine's power, so nothing need be forced to disk.
    fsync: 'off',
    synchronous_commit: 'off',
    ...settings,
  };
  const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const words = [...notAsRoot(), ...diesWithParent(), await tools.path('postgres'), '-D', data, ...options];
  const process = await run.start('postgres', { ...programAndArgs(words), env: tools.env, cwd: run.folder });
  await ready(data, process);
  return { data, socketDir, port, process };
}

/** The last line of postmaster.pid tells the server's state. */
async function ready(data: string, process: RunProcess): Promise<void> {
  for (let millis = 2; ; millis = Math.min(millis * 1.5, 50)) {
    const status = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[7]?.trim();
    if (status === 'ready') return;
    if (!process.running()) {
      throw new PostgresError(`PostgreSQL ended with ${await process.ended} while starting: ${await process.tail()}`);
    }
    await sleep(millis);
  }
}

const clientArgs = (server: Server, database: string): string[] => [
  '-X',
  '-q',
  '-A',
  '-t',
  '-v',
  'ON_ERROR_STOP=1',
  '-h',
  server.socketDir,
  '-p',
  String(server.port),
  '-U',
  'postgres',
  '-d',
  database,
];

/** Runs SQL with psql and returns its rows: fields parted by `|`, rows by line ends. @throws PostgresError */
export async function psql(tools: PostgresTools, server: Server, database: string, sql: string): Promise<string> {
  const args = clientArgs(server, database);
  const ended = await must(await tools.path('psql'), args, { env: tools.env, cwd: server.socketDir, input: sql });
  return ended.stdout.trimEnd();
}

/** Waits until a server that restores has left recovery. @throws PostgresError if it ends instead, with its log */
export async function recovered(tools: PostgresTools, server: Server): Promise<void> {
  for (;;) {
    if (!server.process.running()) {
      throw new PostgresError(`PostgreSQL ended with ${await server.process.ended}: ${await server.process.tail()}`);
    }
    const args = [...clientArgs(server, 'postgres'), '-c', 'SELECT pg_is_in_recovery()'];
    const ended = await attempt(await tools.path('psql'), args, { env: tools.env, cwd: server.socketDir });
    if (ended.exitCode === 0 && ended.stdout.trim() === 'f') return;
    await sleep(20);
  }
}
