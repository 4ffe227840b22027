import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openCluster } from '@tillgate/kubernetes';
import { digestOf, type Sha256 } from '@tillgate/release';
import { type Cluster, clusterComponents, needBed, startCluster, until } from '@tillgate/testbed';
import { observeProduction, runningDigests } from './observe.ts';

const tools = await needBed(...clusterComponents);
const [OLD, BROKEN, NEW] = [digestOf('old'), digestOf('broken'), digestOf('new')];
const WHERE = { environment: 'production', namespace: 'shop', workload: 'odoo', container: undefined, policy: OLD };

(tools ? describe : describe.skip)('what production runs, asked of a real cluster', () => {
  let cluster: Cluster;
  const apply = (image: string) =>
    cluster.kubectl(
      ['apply', '--namespace=shop', '-f', '-'],
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'odoo' },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: 'odoo' } },
          strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
          template: {
            // A pod of the image `slow-ready` becomes ready after this time: while the second one waits, both run.
            metadata: { labels: { app: 'odoo' }, annotations: { 'tillgate.dev/after': '5s' } },
            spec: { containers: [{ name: 'odoo', image }] },
          },
        },
      }),
    );
  const running = async (): Promise<Sha256[]> =>
    runningDigests(await observeProduction(openCluster(await readFile(cluster.kubeconfig, 'utf8')), WHERE));

  beforeAll(async () => {
    cluster = await startCluster();
    await cluster.kubectl(['create', 'namespace', 'shop']);
    await apply(`example.test/odoo@${OLD}`);
    await cluster.kubectl(['rollout', 'status', 'deployment/odoo', '--namespace=shop', '--timeout=110s']);
  }, 120_000);
  afterAll(() => cluster?.stop());

  it('is the image of its ready pods; during a rollout it is both, and a pod that is not ready is none', async () => {
    expect(await running()).toEqual([OLD]);
    await apply(`example.test/never-ready@${BROKEN}`);
    await until('A pod of the broken image runs', async () => {
      const pods = ['get', 'pods', '--namespace=shop', '--field-selector=status.phase=Running'];
      return (await cluster.kubectl([...pods, '-o', 'jsonpath={..image}'])).includes(BROKEN);
    });
    expect(await running()).toEqual([OLD]);
    await apply(`example.test/slow-ready@${NEW}`);
    const both = [OLD, NEW].sort();
    await until('Both are ready', async () => (await running()).join() === both.join());
    await until('The old ones are gone', async () => (await running()).join() === NEW);
  }, 120_000);
});
