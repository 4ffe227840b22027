import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clusterComponents } from '../cluster/programs.ts';
import { type Cluster, startCluster } from '../cluster/start.ts';
import { needBed } from '../require.ts';
import { behave, type ShopBehaviour, shopRuntime } from '../shop/index.ts';
import { until } from '../until.ts';

const tools = await needBed(...clusterComponents, 'shop');

let cluster: Cluster;
const apply = (...objects: object[]) =>
  cluster.kubectl(['apply', '-f', '-'], objects.map((each) => JSON.stringify(each)).join('\n---\n'));
const field = (path: string, ...what: string[]) => cluster.kubectl(['get', ...what, '-o', `jsonpath={${path}}`]);
const container = '.status.containerStatuses[0]';

function job(name: string, command: string[], env: object[] = []) {
  const containers = [{ name: 'main', image: 'example.test/odoo:19', command, env }];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers } } },
  };
}

/** A shop of its own image, rolled out: its pods' addresses. */
async function shops(name: string, behaviour: ShopBehaviour, replicas = 1): Promise<{ image: string; ips: string[] }> {
  const image = `example.test/${name}-shop:1`;
  await behave(cluster.bed, image, behaviour);
  await cluster.kubectl(['create', 'deployment', name, `--image=${image}`, `--replicas=${replicas}`]);
  await cluster.kubectl(['rollout', 'status', `deployment/${name}`, '--timeout=110s']);
  return { image, ips: (await field('.items[*].status.podIP', 'pods', '-l', `app=${name}`)).split(' ') };
}

interface Answered {
  status: number;
  body: string;
  version: string | undefined;
  millis: number;
}

function ask(port: number, path: string, options: { host?: string; rpc?: boolean } = {}): Promise<Answered> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: options.rpc ? 'POST' : 'GET',
        headers: {
          host: options.host ?? 'north.shop.test',
          ...(options.rpc && { 'content-type': 'application/json' }),
        },
      },
      async (response) => {
        let body = '';
        for await (const chunk of response) body += chunk;
        const version = response.headers['x-shop-version'] as string | undefined;
        resolve({ status: response.statusCode ?? 0, body, version, millis: performance.now() - began });
      },
    );
    sent.on('error', reject);
    sent.end(options.rpc ? JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'call', params: {} }) : undefined);
  });
}

/** The answers to so many requests, eight at a time. */
async function askMany(count: number, port: number, path: string, options = {}): Promise<Answered[]> {
  const answers: Answered[] = [];
  let left = count;
  const worker = async () => {
    while (left-- > 0) answers.push(await ask(port, path, options));
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return answers;
}

/** Distance of a share from the one asked for, in standard deviations. */
const sigmas = (share: number, wanted: number, count: number) =>
  Math.abs(share - wanted) / Math.sqrt((wanted * (1 - wanted)) / count);

(tools ? describe : describe.skip)('pods that are processes', () => {
  beforeAll(async () => {
    cluster = await startCluster({ runtimes: [shopRuntime] });
  });
  afterAll(() => cluster?.stop());

  describe('a Job', () => {
    it('runs its command with its environment, and is complete with its log', async () => {
      await cluster.kubectl(['create', 'secret', 'generic', 'database', '--from-literal=password=opaque']);
      const secret = { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'database', key: 'password' } } };
      await apply(
        job(
          'update',
          ['sh', '-c', 'echo "$(NAME) on $POD, ${#PASSWORD} letters"'],
          [
            { name: 'NAME', value: 'updating' },
            { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
            secret,
          ],
        ),
      );
      await cluster.kubectl(['wait', '--for=condition=complete', 'job/update', '--timeout=110s']);
      expect(await cluster.kubectl(['logs', 'job/update'])).toBe('updating on default, 6 letters\n');
    });

    it('that fails, fails with the exit code and the log of its command', async () => {
      await apply(job('broken', ['sh', '-c', 'echo half done; echo no column >&2; exit 3']));
      await cluster.kubectl(['wait', '--for=condition=failed', 'job/broken', '--timeout=110s']);
      const pods = ['pods', '-l', 'job-name=broken'];
      expect(await field(`.items[0]${container}.state.terminated.exitCode`, ...pods)).toBe('3');
      expect(await field('.items[0].status.phase', ...pods)).toBe('Failed');
      expect(await cluster.kubectl(['logs', 'job/broken'])).toBe('half done\nno column\n');
      expect(await cluster.kubectl(['logs', 'job/broken', '--tail=1'])).toBe('no column\n');
    });

    it('whose program is missing fails like a shell says it', async () => {
      await apply(job('absent', ['no-such-program']));
      await cluster.kubectl(['wait', '--for=condition=failed', 'job/absent', '--timeout=110s']);
      expect(await field(`.items[0]${container}.state.terminated.exitCode`, 'pods', '-l', 'job-name=absent')).toBe(
        '127',
      );
    });

    it('waits for a Secret that is not there yet, and says so', async () => {
      const secret = { name: 'KEY', valueFrom: { secretKeyRef: { name: 'later', key: 'key' } } };
      await apply(job('waits', ['true'], [secret]));
      await until(
        'it says what is missing',
        async () =>
          (await field(`.items[0]${container}.state.waiting.reason`, 'pods', '-l', 'job-name=waits')) ===
          'CreateContainerConfigError',
      );
      await cluster.kubectl(['create', 'secret', 'generic', 'later', '--from-literal=key=1']);
      await cluster.kubectl(['wait', '--for=condition=complete', 'job/waits', '--timeout=110s']);
    });
  });

  it('tell what became of them once an API server that was away is back', async () => {
    const { ips } = await shops('steady', {});
    const port = await cluster.bed.open(8069, ips[0] as string);
    await apply(job('meanwhile', ['sh', '-c', 'sleep 1; exit 4']));
    await until(
      'it runs',
      async () => (await field('.items[0].status.phase', 'pods', '-l', 'job-name=meanwhile')) === 'Running',
    );
    await cluster.bed.signal('kube-apiserver', 'SIGKILL');
    await until('the command has ended', async () =>
      (await cluster.bed.status()).processes.some(({ name, ended }) => name.includes('meanwhile') && ended === 4),
    );
    expect((await ask(port, '/shop')).status).toBe(200);
    await cluster.bed.restart('kube-apiserver');
    await until('it is ready again', () => cluster.kubectl(['get', '--raw', '/readyz']));
    await cluster.kubectl(['wait', '--for=condition=failed', 'job/meanwhile', '--timeout=110s']);
    expect(await field(`.items[0]${container}.state.terminated.exitCode`, 'pods', '-l', 'job-name=meanwhile')).toBe(
      '4',
    );
  });

  describe('a shop', () => {
    it('answers on the address of each pod, with the version of its image', async () => {
      const { ips } = await shops('plain', {}, 3);
      expect(new Set(ips).size).toBe(3);
      for (const ip of ips) {
        const answered = await ask(await cluster.bed.open(8069, ip), '/shop');
        expect(answered).toMatchObject({ status: 200, version: '1' });
        expect(JSON.parse(answered.body)).toMatchObject({ tenant: 'north', path: '/shop' });
      }
    });

    it('fails as often as it is told, by status and by JSON-RPC error, and otherwise once told otherwise', async () => {
      const { image, ips } = await shops('failing', {
        latency: { medianMs: 0 },
        rules: [
          { tenant: 'south', errors: 1 },
          { endpoint: '/web/dataset/*', rpcErrors: 0.3, errors: 0.1 },
        ],
      });
      const port = await cluster.bed.open(8069, ips[0] as string);
      const calls = await askMany(1000, port, '/web/dataset/call_kw', { rpc: true });
      const failed = calls.filter(({ status }) => status === 500);
      const rpcErrors = calls.filter(({ status, body }) => status === 200 && JSON.parse(body).error?.code === 200);
      expect(sigmas(failed.length / 1000, 0.1, 1000)).toBeLessThan(4);
      expect(sigmas(rpcErrors.length / 1000, 0.3, 1000)).toBeLessThan(4);
      expect((await askMany(50, port, '/shop')).every(({ status }) => status === 200)).toBe(true);
      expect(
        (await askMany(50, port, '/shop', { host: 'south.shop.test' })).every(({ status }) => status === 500),
      ).toBe(true);

      await behave(cluster.bed, image, { errors: 1 });
      await until('it follows', async () => (await ask(port, '/shop')).status === 500);
    });

    it('takes as long as it is told', async () => {
      const { ips } = await shops('slow', { latency: { medianMs: 40, sigma: 0 } });
      const answers = await askMany(40, await cluster.bed.open(8069, ips[0] as string), '/shop');
      expect(Math.min(...answers.map(({ millis }) => millis))).toBeGreaterThanOrEqual(40);
    });

    it('is told how to behave on its control port while it runs, and refuses what it cannot read', async () => {
      const { ips } = await shops('controlled', {});
      const control = await cluster.bed.open(9069, ips[0] as string);
      const put = (body: string) => fetch(`http://127.0.0.1:${control}/`, { method: 'PUT', body });
      expect((await put('{"erors":1}')).status).toBe(400);
      expect((await put('{"errors":1}')).status).toBe(204);
      expect((await ask(await cluster.bed.open(8069, ips[0] as string), '/shop')).status).toBe(500);
    });

    it('is ready only when it has warmed up', async () => {
      const began = performance.now();
      await shops('cold', { warmUp: '2s' });
      expect(performance.now() - began).toBeGreaterThanOrEqual(2_000);
    });

    it('grows in memory, and counts what it answers for Prometheus', async () => {
      const { ips } = await shops('growing', { memory: { startMiB: 64 } });
      const port = await cluster.bed.open(8069, ips[0] as string);
      await until('it has grown', async () => {
        const { body } = await ask(port, '/metrics');
        return Number(/^process_resident_memory_bytes (\d+)$/m.exec(body)?.[1]) > 64 * 2 ** 20;
      });
      await askMany(5, port, '/shop/cart/17');
      const { body } = await ask(port, '/metrics');
      expect(body).toContain(
        'shop_requests_total{version="1",tenant="north",endpoint="/shop/cart",code="200",outcome="ok"} 5',
      );
    });

    it('looks for scheduled jobs once a second, unless it is told as Odoo is to run none', async () => {
      const image = 'example.test/idle-shop:1';
      const words = ['--', 'odoo', '--max-cron-threads=0'];
      await behave(cluster.bed, image, {});
      await cluster.kubectl(['create', 'deployment', 'idle', `--image=${image}`, ...words]);
      await cluster.kubectl(['rollout', 'status', 'deployment/idle', '--timeout=110s']);
      const idle = await cluster.bed.open(8069, await field('.items[0].status.podIP', 'pods', '-l', 'app=idle'));
      const { ips } = await shops('busy', {});
      const busy = await cluster.bed.open(8069, ips[0] as string);
      const looks = async (port: number) =>
        Number(/^shop_job_looks_total\{version="1"\} (\d+)$/m.exec((await ask(port, '/metrics')).body)?.[1]);
      await until('the later one has looked twice', async () => (await looks(busy)) >= 2);
      expect(await looks(idle)).toBe(0);
    });

    it('is ready again after the node controller took its node for dead', async () => {
      await shops('forgotten', {});
      const pod = (await field('.items[0].metadata.name', 'pods', '-l', 'app=forgotten')).trim();
      const told = `{.status.conditions[?(@.type=="Ready")].status}`;
      const ready = () => cluster.kubectl(['get', 'pod', pod, '-o', `jsonpath=${told}`]);
      // What the controller writes: the pod is not ready, of its containers it says nothing.
      const patch = JSON.stringify({ status: { conditions: [{ type: 'Ready', status: 'False' }] } });
      await cluster.kubectl(['patch', 'pod', pod, '--subresource=status', '--type=strategic', '-p', patch]);
      await until('it is ready', async () => (await ready()) === 'True', 20_000);
    });

    it('that cannot start is restarted with growing pauses, and never ready', async () => {
      const image = 'example.test/bad-shop:1';
      await behave(cluster.bed, image, { errors: 7 });
      await cluster.kubectl(['create', 'deployment', 'bad', `--image=${image}`]);
      await until(
        'it was restarted twice',
        async () => Number(await field(`.items[0]${container}.restartCount`, 'pods', '-l', 'app=bad')) >= 2,
      );
      expect(await field(`.items[0]${container}.ready`, 'pods', '-l', 'app=bad')).toBe('false');
      expect(await cluster.kubectl(['logs', 'deployment/bad'])).toContain('shares lie between 0 and 1');
    });

    it('that is deleted is asked on whether it is ready, and answers until its preStop hook has ended', async () => {
      const template = {
        metadata: { labels: { app: 'drains' } },
        spec: {
          containers: [
            {
              name: 'main',
              image: 'example.test/drains-shop:1',
              readinessProbe: { exec: { command: ['sh', '-c', 'test ! -e draining'] }, failureThreshold: 1 },
              lifecycle: { preStop: { exec: { command: ['sh', '-c', 'touch draining && sleep 3'] } } },
            },
          ],
        },
      };
      const selector = { matchLabels: template.metadata.labels };
      await apply({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'drains' },
        spec: { selector, template },
      });
      await cluster.kubectl(['rollout', 'status', 'deployment/drains', '--timeout=110s']);
      const [name = '', ip = ''] = (
        await cluster.kubectl([
          'get',
          'pods',
          '-l',
          'app=drains',
          '-o',
          'jsonpath={.items[0].metadata.name} {.items[0].status.podIP}',
        ])
      ).split(' ');
      const port = await cluster.bed.open(8069, ip);
      await cluster.kubectl(['delete', 'pod', name, '--wait=false']);
      const isReady = [
        'get',
        'pod',
        name,
        '--ignore-not-found',
        '-o',
        `jsonpath={.status.conditions[?(@.type=="Ready")].status}`,
      ];
      const told = await until('it is unready, or gone', async () => {
        const status = await cluster.kubectl(isReady);
        return status !== 'True' && { status };
      });
      expect(told).toEqual({ status: 'False' });
      expect((await ask(port, '/shop')).status).toBe(200);
      await cluster.kubectl(['wait', '--for=delete', `pod/${name}`, '--timeout=110s']);
      await expect(ask(port, '/shop')).rejects.toThrow();
    });

    it('that is deleted first answers whom it was serving', async () => {
      const { ips } = await shops('leaving', { latency: { medianMs: 1500, sigma: 0 } });
      const port = await cluster.bed.open(8069, ips[0] as string);
      const answer = ask(port, '/shop');
      const gone = cluster.kubectl(['delete', 'deployment', 'leaving']);
      expect((await answer).status).toBe(200);
      await gone;
      await cluster.kubectl(['wait', '--for=delete', 'pod', '-l', 'app=leaving', '--timeout=110s']);
      await expect(ask(port, '/shop')).rejects.toThrow();
    });
  });
});
