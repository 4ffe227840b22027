import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog, systemPrograms } from '@tillgate/host';
import { type Bed, makeBed } from '../bed/bed.ts';
import { startsProcess } from '../pods/selection.ts';
import { Api, type KubeObject } from './api.ts';
import { type Credential, kubeconfigFor, systemUsers, type User, writeCredentials } from './credentials.ts';
import { nodes } from './nodes.ts';
import { API_PORT, actingPrograms, apiPrograms, type ClusterProgram, clusterPaths } from './programs.ts';
import { nodeStages, podStages } from './stages.ts';

export interface ClusterOptions {
  /** A bed to put the cluster into; a new one unless given. */
  bed?: Bed;
  /** Number of nodes, spread over the zones. */
  nodes?: number;
  zones?: readonly string[];
  /** Further users that the API server shall know by a token; give them rights through RBAC. */
  users?: readonly User[];
  /** Modules of pod runtimes, as file URLs: what makes pods processes. */
  runtimes?: readonly string[];
}

/** A cluster that runs. */
export interface Cluster {
  readonly bed: Bed;
  /** Path of the administrator's kubeconfig, for use on this machine. */
  readonly kubeconfig: string;
  /** What a client needs that takes no kubeconfig: `server` is reached from this machine, `inside` from within the bed. */
  readonly adminClient: { server: string; inside: string; token: string; certificateAuthority: string };
  /** A small client with the administrator's rights. */
  readonly api: Api;
  /** Path of a kubeconfig of one of the `users`; `inside`: for a process within the bed. */
  kubeconfigOf(user: string, where?: 'outside' | 'inside'): Promise<string>;
  /** Runs kubectl as the administrator: what it prints. @throws Error with what it complained about */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Ends the cluster and its bed. */
  stop(): Promise<void>;
}

/**
 * Starts a cluster: etcd, the API server (RBAC, ValidatingAdmissionPolicy), controllers, scheduler, and
 * KWOK's nodes in two zones. It is ready when a pod could be scheduled.
 *
 * @throws MissingComponent, or Error if a program ended while it was started, with the end of its log
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const paths = await clusterPaths();
  const bed = options.bed ?? (await makeBed());
  try {
    return await startIn(bed, paths, options);
  } catch (cause) {
    await bed.end();
    throw cause;
  }
}

async function startIn(
  bed: Bed,
  paths: Awaited<ReturnType<typeof clusterPaths>>,
  options: ClusterOptions,
): Promise<Cluster> {
  const folder = join(bed.folder, 'cluster');
  await mkdir(folder, { mode: 0o700 });
  const credentials = await writeCredentials(folder, [...Object.values(systemUsers), ...(options.users ?? [])]);
  const start = (programs: ClusterProgram[]) =>
    Promise.all(programs.map(({ name, args }) => bed.start({ name, file: paths[name as keyof typeof paths], args })));

  await start(apiPrograms(folder));
  const port = await bed.open(API_PORT);
  const token = find(credentials, systemUsers.admin.name).token;
  const certificate = await readWhenThere(bed, join(folder, 'apiserver.crt'));
  const api = new Api({ port, ca: certificate, token });
  await until(bed, () => api.get('/readyz'), 'the API server to be ready');

  const inside = (user: User) => writeKubeconfig(folder, find(credentials, user.name), API_PORT, 'inside');
  const runtimes = options.runtimes ?? [];
  const stages = join(folder, 'stages.json');
  const allStages = [...nodeStages(), ...podStages(await startsProcess(runtimes))];
  await writeFile(stages, allStages.map((stage) => JSON.stringify(stage)).join('\n---\n'));
  await start(
    actingPrograms(
      folder,
      {
        controllers: await inside(systemUsers.controllers),
        scheduler: await inside(systemUsers.scheduler),
        kwok: await inside(systemUsers.kwok),
      },
      stages,
    ),
  );
  await writeFile(join(folder, 'pods.token'), find(credentials, systemUsers.pods.name).token, { mode: 0o600 });
  await bed.pods({ runtimes, credentials: folder });
  for (const node of nodes(options.nodes ?? 4, options.zones ?? ['zone-a', 'zone-b']))
    await api.post('/api/v1/nodes', node);
  await until(bed, () => schedulable(api), 'nodes to be ready and accounts to be made');

  const kubeconfig = await writeKubeconfig(folder, find(credentials, 'admin'), port, 'outside');
  await bed.describe({ kubeconfig });
  return {
    bed,
    kubeconfig,
    api,
    adminClient: {
      server: `https://127.0.0.1:${port}`,
      inside: `https://127.0.0.1:${API_PORT}`,
      token,
      certificateAuthority: join(folder, 'apiserver.crt'),
    },
    kubeconfigOf: (user, where = 'outside') =>
      writeKubeconfig(folder, find(credentials, user), where === 'inside' ? API_PORT : port, where),
    kubectl: (args, input) => kubectl(paths.kubectl, kubeconfig, bed.folder, args, input),
    async stop() {
      api.close();
      await bed.end();
    },
  };
}

function find(credentials: readonly Credential[], name: string): Credential {
  const found = credentials.find((each) => each.name === name);
  if (!found)
    throw new Error(`The cluster knows no user ${name}. It knows: ${credentials.map((each) => each.name).join(', ')}.`);
  return found;
}

async function writeKubeconfig(folder: string, user: Credential, port: number, where: string): Promise<string> {
  const path = join(folder, `${user.name.replaceAll(':', '-')}.${where}.kubeconfig`);
  await writeFile(path, await kubeconfigFor(folder, user, port), { mode: 0o600 });
  return path;
}

async function kubectl(
  path: string,
  kubeconfig: string,
  cwd: string,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const ended = await systemPrograms(silentLog).run(path, args, {
    cwd,
    env: { KUBECONFIG: kubeconfig, HOME: cwd, PATH: process.env.PATH ?? '' },
    timeoutMs: 120_000,
    ...(input !== undefined && { input }),
  });
  if (ended.exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${ended.stderr.trim()}`);
  return ended.stdout;
}

/** Whether nodes take pods and the default account is there, without which no pod is admitted. */
async function schedulable(api: Api): Promise<void> {
  const { items } = await api.get<{ items: (KubeObject & { spec: { taints?: unknown[] } })[] }>('/api/v1/nodes');
  const tainted = items.filter((node) => (node.spec.taints ?? []).length > 0).map((node) => node.metadata.name);
  if (tainted.length > 0) throw new Error(`nodes are not ready: ${tainted.join(', ')}`);
  await api.get('/api/v1/namespaces/default/serviceaccounts/default');
}

const PATIENCE_MS = 120_000;

/** Asks again until `question` answers without an error. @throws Error if a program of the bed has ended, or after two minutes */
async function until(bed: Bed, question: () => Promise<unknown>, what: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let round = 0; ; round++) {
    try {
      await question();
      return;
    } catch (cause) {
      if (round % 20 === 19) await allAlive(bed);
      if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}: ${(cause as Error).message}`, { cause });
    }
    await sleep(50);
  }
}

async function allAlive(bed: Bed): Promise<void> {
  const dead = (await bed.status()).processes.find((each) => each.ended !== undefined);
  if (!dead) return;
  const log = await readFile(join(bed.folder, 'logs', `${dead.name}.log`), 'utf8');
  throw new Error(`${dead.name} ended (${dead.ended}) while the cluster was started: ${log.trim().slice(-1500)}`);
}

async function readWhenThere(bed: Bed, path: string): Promise<string> {
  let text = '';
  await until(
    bed,
    async () => {
      text = await readFile(path, 'utf8');
      if (!text.includes('-----END CERTIFICATE-----')) throw new Error(`${path} is not written yet`);
    },
    'the certificate of the API server',
  );
  return text;
}
