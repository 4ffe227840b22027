import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { needBed } from '../require.ts';
import { until } from '../until.ts';
import { clusterComponents } from './programs.ts';
import { type Cluster, startCluster } from './start.ts';

const tools = await needBed(...clusterComponents);

let cluster: Cluster;

/** A field of an object, as kubectl's JSON path tells it. */
const field = (path: string, ...what: string[]) => cluster.kubectl(['get', ...what, '-o', `jsonpath={${path}}`]);
const apply = (...objects: object[]) =>
  cluster.kubectl(['apply', '-f', '-'], objects.map((each) => JSON.stringify(each)).join('\n---\n'));
const container = '.status.containerStatuses[0]';

function deployment(
  name: string,
  image: string,
  more: { replicas?: number; annotations?: Record<string, string> } = {},
) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: more.replicas ?? 1,
      progressDeadlineSeconds: 3,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations: more.annotations ?? {} },
        spec: { containers: [{ name: 'main', image }] },
      },
    },
  };
}

(tools ? describe : describe.skip)('a cluster', () => {
  beforeAll(async () => {
    cluster = await startCluster({ users: [{ name: 'reader', groups: ['readers'] }] });
  });
  afterAll(() => cluster?.stop());

  it('has nodes in two zones, and spreads pods over them', async () => {
    expect(await field('.items[*].metadata.labels.topology\\.kubernetes\\.io/zone', 'nodes')).toBe(
      'zone-a zone-a zone-b zone-b',
    );
    await apply(deployment('spread', 'example.test/web:1', { replicas: 8 }));
    await cluster.kubectl(['rollout', 'status', 'deployment/spread', '--timeout=110s']);
    const nodes = (await field('.items[*].spec.nodeName', 'pods', '-l', 'app=spread')).split(' ');
    expect(new Set(nodes.map((node) => node.replace(/-\d$/, '')))).toEqual(new Set(['zone-a', 'zone-b']));
  });

  it('tells the digest that a ready pod runs', async () => {
    const image = `example.test/web@sha256:${'ab'.repeat(32)}`;
    await apply(deployment('digest', image));
    await cluster.kubectl(['rollout', 'status', 'deployment/digest', '--timeout=110s']);
    expect(await field(`.items[0]${container}.imageID`, 'pods', '-l', 'app=digest')).toBe(image);
    expect(await field(`.items[0]${container}.ready`, 'pods', '-l', 'app=digest')).toBe('true');
  });

  it('lets a user do only what RBAC grants', async () => {
    const config = await cluster.kubeconfigOf('reader');
    const read = () => cluster.kubectl(['--kubeconfig', config, 'get', 'pods', '-o', 'name']);
    await expect(read()).rejects.toThrow(/Forbidden.*cannot list resource "pods"/s);
    await cluster.kubectl(['create', 'rolebinding', 'readers', '--clusterrole=view', '--group=readers']);
    await until('the right is there', () =>
      read().then(
        () => true,
        () => false,
      ),
    );
    await expect(cluster.kubectl(['--kubeconfig', config, 'delete', 'pods', '--all'])).rejects.toThrow('Forbidden');
  });

  it('enforces a ValidatingAdmissionPolicy', async () => {
    const metadata = { name: 'images-by-digest' };
    await apply(
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata,
        spec: {
          failurePolicy: 'Fail',
          matchConstraints: {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'guarded' } },
            resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
          },
          validations: [
            { expression: "object.spec.containers.all(c, c.image.contains('@sha256:'))", message: 'by digest only' },
          ],
        },
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata,
        spec: { policyName: metadata.name, validationActions: ['Deny'] },
      },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'guarded' } },
    );
    const run = (name: string) =>
      cluster.kubectl(['run', name, '-n', 'guarded', '--image=example.test/web:1', '--dry-run=server']);
    const refusal = await until('the policy is in force', () =>
      run('tagged').then(
        () => undefined,
        (cause: Error) => cause.message,
      ),
    );
    expect(refusal).toContain('by digest only');
  });

  it('lets a crash-looping pod crash again and again, and its Deployment fail to progress', async () => {
    await apply(deployment('crashing', 'example.test/crash-loop:2'));
    const restarts = async () =>
      Number(await field(`.items[0]${container}.restartCount`, 'pods', '-l', 'app=crashing'));
    await until('it was restarted twice', async () => (await restarts()) >= 2);
    await until(
      'it backs off',
      async () =>
        (await field(`.items[0]${container}.state.waiting.reason`, 'pods', '-l', 'app=crashing')) ===
        'CrashLoopBackOff',
    );
    expect(await field(`.items[0]${container}.lastState.terminated.exitCode`, 'pods', '-l', 'app=crashing')).toBe('1');
    const progressing = ".status.conditions[?(@.type=='Progressing')].reason";
    await until(
      'its Deployment has given up',
      async () => (await field(progressing, 'deployment/crashing')) === 'ProgressDeadlineExceeded',
    );
  });

  it('keeps a pod unready, or without its image, as asked by annotation', async () => {
    const asked = (behaviour: string) => ({ annotations: { 'tillgate.dev/pod': behaviour } });
    await apply(
      deployment('never', 'example.test/web:1', asked('never-ready')),
      deployment('no-image', 'example.test/web:1', asked('image-missing')),
    );
    await until(
      'it runs',
      async () => (await field('.items[0].status.phase', 'pods', '-l', 'app=never')) === 'Running',
    );
    expect(await field(`.items[0]${container}.ready`, 'pods', '-l', 'app=never')).toBe('false');
    await until(
      'it waits for its image',
      async () =>
        (await field(`.items[0]${container}.state.waiting.reason`, 'pods', '-l', 'app=no-image')) ===
        'ImagePullBackOff',
    );
  });

  it('makes a pod ready late, and one crash late, after the time asked for', async () => {
    const asked = (behaviour: string) => ({
      annotations: { 'tillgate.dev/pod': behaviour, 'tillgate.dev/after': '2s' },
    });
    await apply(
      deployment('late', 'example.test/web:1', asked('slow-ready')),
      deployment('falls', 'example.test/web:1', asked('crash-later')),
    );
    const ready = (app: string) => field(`.items[0]${container}.ready`, 'pods', '-l', `app=${app}`);
    await until('one runs and is not ready', async () => (await ready('late')) === 'false');
    await until('the other is ready', async () => (await ready('falls')) === 'true');
    await until('it is ready after all', async () => (await ready('late')) === 'true');
    await until('the other has crashed', async () => (await ready('falls')) === 'false');
  });

  it('rolls a StatefulSet one by one, ends a Job, and makes Jobs of a CronJob', async () => {
    const { spec } = deployment('db', 'example.test/db:1', { replicas: 3 });
    const { progressDeadlineSeconds: _, ...set } = spec;
    await apply({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db' },
      spec: { ...set, serviceName: 'db' },
    });
    await cluster.kubectl(['rollout', 'status', 'statefulset/db', '--timeout=110s']);
    expect(await field('.items[*].metadata.name', 'pods', '-l', 'app=db')).toBe('db-0 db-1 db-2');

    await cluster.kubectl(['create', 'cronjob', 'nightly', '--image=example.test/nightly:1', '--schedule=0 3 * * *']);
    await cluster.kubectl(['create', 'job', 'tonight', '--from=cronjob/nightly']);
    await cluster.kubectl(['wait', '--for=condition=complete', 'job/tonight', '--timeout=110s']);
    await apply({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'broken' },
      spec: {
        backoffLimit: 0,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example.test/fails:1' }] } },
      },
    });
    await cluster.kubectl(['wait', '--for=condition=failed', 'job/broken', '--timeout=110s']);
  });

  it('comes back with all it knew when its API server was killed, and its pods went on', async () => {
    await cluster.kubectl(['create', 'configmap', 'remembered']);
    await cluster.bed.signal('kube-apiserver', 'SIGKILL');
    await expect(cluster.kubectl(['get', '--raw', '/readyz'])).rejects.toThrow();
    await cluster.bed.restart('kube-apiserver');
    await until('it is ready again', () => cluster.kubectl(['get', '--raw', '/readyz']));
    expect(await field('.metadata.name', 'configmap/remembered')).toBe('remembered');
    await apply(deployment('afterwards', 'example.test/web:1'));
    await cluster.kubectl(['rollout', 'status', 'deployment/afterwards', '--timeout=110s']);
  });

  it('lists the ready pods of a Service as its endpoints', async () => {
    await apply(deployment('served', 'example.test/web:1', { replicas: 2 }));
    await cluster.kubectl(['expose', 'deployment', 'served', '--port=80']);
    await until('both are endpoints', async () => {
      const addresses = await field(
        '.items[*].endpoints[?(@.conditions.ready==true)].addresses[0]',
        'endpointslices',
        '-l',
        'kubernetes.io/service-name=served',
      );
      return addresses.split(' ').filter((each) => each.startsWith('10.244.')).length === 2;
    });
  });
});
