import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writer } from '@tillgate/kubernetes';
import { component, until } from '@tillgate/testbed';
import { type DeliveryBed, writerOf } from './bed.test-kit.ts';
import { makeScene, type Scene } from './scene.test-kit.ts';

export const ROOT = join(import.meta.dirname, '../../../..');
const ROLES = ['observe', 'deploy', 'watchdog', 'on-call'];

/** A file of `deploy/`. */
export const deploy = (name: string) => readFile(join(ROOT, 'deploy', name), 'utf8');

/** What is shipped, for the namespace of a scene. */
export const shipped = async (name: string, { namespace }: Scene) =>
  (await deploy(name))
    .replaceAll('namespace: shop', `namespace: ${namespace}`)
    .replaceAll('value: shop', `value: ${namespace}`);

/** Everybody that the shipped rights speak of, and some that they do not. */
export const USERS = [
  ...['tillgate-observe', 'tillgate-deploy', 'ci-robot', 'editor'].map((name) => ({ name })),
  { name: 'person', groups: ['on-call'] },
];

/** Puts the shipped admission in force: a scene with the shipped Roles, and a writer that has the rights to deliver and no others. */
export async function putRightsInForce(bed: DeliveryBed): Promise<{ scene: Scene; deployer: Writer }> {
  await bed.cluster.kubectl(['apply', '-f', '-'], await deploy('admission.yaml'));
  const scene = await makeScene(bed);
  await withRights(bed, scene);
  const deployer = await writerOf(bed, 'tillgate-deploy');
  await until('admission is in force', async () => {
    const refused = await (await writerOf(bed, 'editor'))
      .patch({ kind: 'ConfigMap', namespace: scene.namespace, name: 'tillgate-environment' }, 'merge', {
        data: { policy: 'x' },
      })
      .catch((cause: Error) => cause.message);
    return String(refused).includes('platform team');
  });
  return { scene, deployer };
}

/** Gives a scene the Roles that are shipped. */
export async function withRights(bed: DeliveryBed, of: Scene): Promise<void> {
  for (const role of ROLES) await bed.cluster.kubectl(['apply', '-f', '-'], await shipped(`roles/${role}.yaml`, of));
  await bed.cluster.kubectl([
    'create',
    'rolebinding',
    'editors',
    '-n',
    of.namespace,
    '--clusterrole=edit',
    '--user=editor',
  ]);
}

/** A kubeconfig for the watchdog's service account. */
export async function watchdogKubeconfig(bed: DeliveryBed, { namespace }: Scene): Promise<string> {
  const token = (await bed.cluster.kubectl(['create', 'token', 'tillgate-watchdog', '-n', namespace])).trim();
  const config = JSON.parse(await readFile(bed.cluster.kubeconfig, 'utf8'));
  config.users[0].user = { token };
  const path = join(bed.cluster.bed.folder, `${namespace}-watchdog.kubeconfig`);
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

/** Runs a shell with the real kubectl, as a user. */
export async function shell(bed: DeliveryBed, script: string, kubeconfig: string, env: Record<string, string> = {}) {
  const kubectl = (await component('kubectl')).path;
  const path = `${join(kubectl, '..')}:${process.env.PATH}`;
  chmodSync(kubeconfig, 0o600);
  const options = {
    env: { PATH: path, KUBECONFIG: kubeconfig, HOME: bed.cluster.bed.folder, TMPDIR: bed.cluster.bed.folder, ...env },
    timeout: 60_000,
  };
  return new Promise<{ code: unknown; out: string; err: string }>((resolve) =>
    execFile('sh', ['-e', '-c', script], options, (failed, out, err) =>
      resolve({ code: failed ? failed.code : 0, out, err }),
    ),
  );
}

/** Asks four at a time: most of what kubectl takes is waiting. */
export async function sideBySide<T, R>(all: readonly T[], ask: (one: T) => Promise<R>): Promise<R[]> {
  const answers = new Array<R>(all.length);
  const rest = [...all.entries()];
  const lane = async () => {
    for (let next = rest.shift(); next; next = rest.shift()) answers[next[0]] = await ask(next[1]);
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  return answers;
}

/** One tick of the shipped watchdog, which counts for so many seconds. */
export async function tick(bed: DeliveryBed, { namespace }: Scene, kubeconfig: string, seconds = 60) {
  const text = await deploy('watchdog.yaml');
  const from = text.indexOf('    #!/bin/sh');
  const script = text.slice(from, text.indexOf('---\n', from)).replace(/^ {4}/gm, '');
  return shell(bed, script, kubeconfig, { NAMESPACE: namespace, DEPLOYMENT: 'odoo', TICK_SECONDS: String(seconds) });
}
