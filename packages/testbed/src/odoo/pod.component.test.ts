import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, startCluster } from '../cluster/start.ts';
import { need } from '../require.ts';
import { until } from '../until.ts';
import { callJson2, needOdoo, odooRuntime, type Retail, startOdoo, startRetail } from './index.ts';

const here =
  (await needOdoo()) &&
  (await need('etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok', 'kubectl'));

interface PodObject {
  metadata: { name: string };
  status: { podIP?: string; phase?: string; conditions?: { type: string; status: string }[] };
}

(here ? describe : describe.skip)('Odoo as a pod', () => {
  const folder = mkdtempSync(join(tmpdir(), 'addons-'));
  let retail: Retail;
  let cluster: Cluster;
  let database: string;
  const pods = async (label: string): Promise<PodObject[]> =>
    (await cluster.api.get<{ items: PodObject[] }>(`/api/v1/namespaces/default/pods?labelSelector=${label}`)).items;
  const template = (label: string, restartPolicy: string, container: object) => ({
    metadata: { labels: { is: label } },
    spec: {
      restartPolicy,
      containers: [
        {
          name: 'odoo',
          image: 'registry.example/odoo:19.0',
          env: Object.entries(retail.podEnv(database, [folder])).map(([name, value]) => ({ name, value })),
          ...container,
        },
      ],
    },
  });

  beforeAll(async () => {
    const module = join(folder, 'tillgate_pod');
    mkdirSync(module);
    writeFileSync(join(module, '__manifest__.py'), "{'name': 'Pod', 'version': '19.0.1.0.0', 'depends': ['base']}\n");
    writeFileSync(join(module, '__init__.py'), '');
    [retail, cluster] = await Promise.all([startRetail(), startCluster({ runtimes: [odooRuntime] })]);
    database = await retail.clone();
  }, 600_000);
  afterAll(async () => {
    await cluster?.stop();
    await retail?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('migrates as a Job, then serves as a Deployment on its own address', async () => {
    const command = ['odoo', '-i', 'tillgate_pod', '--stop-after-init', '--no-http'];
    await cluster.api.post('/apis/batch/v1/namespaces/default/jobs', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'migrate' },
      spec: { backoffLimit: 0, template: template('migration', 'Never', { command }) },
    });
    await until(
      'the migration has succeeded',
      async () => (await pods('is=migration'))[0]?.status.phase === 'Succeeded',
    );
    expect(await retail.postgres.psql("SELECT state FROM ir_module_module WHERE name = 'tillgate_pod'", database)).toBe(
      'installed',
    );

    await cluster.api.post('/apis/apps/v1/namespaces/default/deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'odoo' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { is: 'server' } },
        template: template('server', 'Always', { args: ['odoo', '--max-cron-threads=0'] }),
      },
    });
    const isReady = ({ status }: PodObject) =>
      status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True');
    const pod = await until('the pod is ready', async () => (await pods('is=server')).find(isReady));
    const port = await cluster.bed.open(8069, pod.status.podIP);
    const at = { url: `http://127.0.0.1:${port}`, database, apiKey: retail.template.apiKey };
    expect(await callJson2(at, 'ir.module.module', 'search_count', { domain: [['name', '=', 'tillgate_pod']] })).toBe(
      1,
    );

    await cluster.kubectl(['delete', 'pod', pod.metadata.name, '--wait']);
    const log = readFileSync(join(cluster.bed.folder, 'logs', `pod_default_${pod.metadata.name}_odoo.log`), 'utf8');
    expect(log).toContain('Initiating shutdown');
  });

  it('also listens inside the bed when it is started from outside', async () => {
    const { file, args } = cluster.bed.inside('env', []);
    const listen = { host: '10.244.200.1', port: 8069 };
    const odoo = await startOdoo({ retail, database, addons: [folder], enter: [file, ...args], listen });
    try {
      const port = await cluster.bed.open(listen.port, listen.host);
      expect(await (await fetch(`http://127.0.0.1:${port}/web/health`)).json()).toEqual({ status: 'pass' });
    } finally {
      await odoo.stop();
    }
  });
});
