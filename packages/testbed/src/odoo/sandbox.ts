import { component } from '../components/index.ts';

/** What Odoo sees of this machine. */
export interface Sandbox {
  /** The Debian root with Odoo, read-only unless `rootIsWritable`. */
  root: string;
  rootIsWritable?: boolean;
  /** Where PostgreSQL's socket is, and the port in its name. */
  socketDir: string;
  port: number;
  /** Odoo's data folder: `filestore/<database>`, sessions. */
  data: string;
  /** Folders with add-ons, read-only, the first one wins. */
  addons: readonly string[];
  /** Further variables of its environment. */
  env?: Readonly<Record<string, string>>;
}

/** A program with arguments and the environment that it is started with. */
export interface Words {
  words: string[];
  env: Readonly<Record<string, string>>;
}

const DATA = '/var/lib/odoo';
const SOCKETS = '/run/postgresql';

/**
 * The words that run Odoo in its own root with bubblewrap, as an ordinary user in namespaces of its own
 * for users, mounts and processes; the network stays the caller's. It works the same for root and where
 * ordinary users may make user namespaces. Odoo dies with whoever started it.
 *
 * @throws MissingComponent
 */
export async function odooWords(
  sandbox: Sandbox,
  command: 'server' | 'shell',
  args: readonly string[],
): Promise<Words> {
  const bubblewrap = await component('bubblewrap');
  const addons = sandbox.addons.map((folder, index) => ({ folder, seen: `/mnt/addons/${index}` }));
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: '/tmp',
    LANG: 'C.UTF-8',
    PYTZ_TZDATADIR: '/usr/share/zoneinfo',
    PGHOST: SOCKETS,
    PGPORT: String(sandbox.port),
    PGUSER: 'odoo',
    ...sandbox.env,
  };
  const words = [
    bubblewrap.path,
    ...['--unshare-user', '--uid', '1000', '--gid', '1000', '--unshare-ipc', '--unshare-pid', '--as-pid-1'],
    '--die-with-parent',
    ...[sandbox.rootIsWritable ? '--bind' : '--ro-bind', sandbox.root, '/'],
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--tmpfs', '/run', '--tmpfs', '/mnt'],
    ...['--bind', sandbox.socketDir, SOCKETS, '--bind', sandbox.data, DATA],
    ...addons.flatMap(({ folder, seen }) => ['--ro-bind', folder, seen]),
    ...['--clearenv', ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value])],
    ...['--chdir', '/', '--', '/usr/bin/python3', '/usr/bin/odoo', command],
    ...['--db_user=odoo', `--data-dir=${DATA}`, '--http-interface=127.0.0.1', '--max-cron-threads=0'],
    ...(addons.length > 0 ? [`--addons-path=${[...addons.map(({ seen }) => seen), ADDONS].join(',')}`] : []),
    ...args, // the last one of two wins
  ];
  return { words, env: { PATH: process.env.PATH ?? '/usr/bin:/bin', ...bubblewrap.env } };
}

/** Odoo's own add-ons in the root. */
const ADDONS = '/usr/lib/python3/dist-packages/odoo/addons';
