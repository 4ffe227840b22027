import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { diesWithParent, notAsRoot, programAndArgs, type Run, type RunProcess, ready } from '../runs/index.ts';
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
  await ready(process, () => answers(data));
  return { data, socketDir, port, process };
}

/** The last line of postmaster.pid tells the server's state. */
async function answers(data: string): Promise<boolean> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
  return lines[7]?.trim() === 'ready';
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

/** Waits until a server that restores has left recovery. @throws Error with its log if it ends instead */
export async function recovered(tools: PostgresTools, server: Server): Promise<void> {
  const client = await tools.path('psql');
  const args = [...clientArgs(server, 'postgres'), '-c', 'SELECT pg_is_in_recovery()'];
  await ready(server.process, async () => {
    const ended = await attempt(client, args, { env: tools.env, cwd: server.socketDir });
    return ended.exitCode === 0 && ended.stdout.trim() === 'f';
  });
}
