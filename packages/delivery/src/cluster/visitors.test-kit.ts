import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { join } from 'node:path';
import { type Load, type LoadOptions, type Row, startLoad } from '@tillgate/testbed';
import type { DeliveryBed } from './bed.test-kit.ts';
import type { Scene } from './scene.test-kit.ts';

export interface Answered {
  status: number;
  version: string;
  pod: string;
  cookies: string[];
}

/** Whether a client did not get what it asked for: also a 404, which a router gives that knows no way. */
export const hurt = (row: Row): boolean => row.status !== 200 || row.error !== '';

/** How long after it has left the route a pod may still give answers that were asked for before, ms. */
const LEAVING = 1_000;

/**
 * Answers by which a session that was bound to a pod met another one, though its own still answered others: what must not
 * be where sessions are bound to pods. Who asks again before an answer is there has no cookie of it to show yet.
 */
export function strayed(rows: readonly Row[]): Row[] {
  const sent = rows.filter(({ pod }) => pod !== '').sort((one, other) => one.at - other.at);
  const lastOf = new Map(sent.map(({ pod, at }) => [pod, at]));
  return [...Map.groupBy(sent, ({ session }) => session).values()].flatMap((own) =>
    own.filter((row, index) => {
      const before = own[index - 1];
      if (!before || before.at + before.latency > row.at || before.pod === row.pod) return false;
      return (lastOf.get(before.pod) ?? 0) > row.at + LEAVING;
    }),
  );
}

/** One request from outside, as a client with these headers. */
export function ask(
  bed: DeliveryBed,
  scene: Scene,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asking = request(
      { ...bed.traefik.outside, method, path, headers: { host: scene.host, ...headers } },
      (response) => {
        response.resume();
        resolve({
          status: response.statusCode ?? 0,
          version: String(response.headers['x-shop-version'] ?? ''),
          pod: String(response.headers['x-shop-pod'] ?? ''),
          cookies: (response.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0] ?? ''),
        });
      },
    );
    asking.on('error', reject).end();
  });
}

/** People, who come all the time. */
export function startPeople(bed: DeliveryBed, scene: Scene, more: Partial<LoadOptions> = {}): Promise<Load> {
  return startLoad({
    bed: bed.cluster.bed,
    target: bed.traefik.inside,
    file: join(bed.cluster.bed.folder, `${scene.namespace}-${randomBytes(2).toString('hex')}.load`),
    seed: 1,
    arrivals: { pattern: 'constant', perSecond: 60 },
    tenants: [{ host: scene.host }],
    requests: [
      { name: 'page', method: 'GET', path: '/shop' },
      { name: 'call', method: 'POST', path: '/web/dataset/call_kw', body: { jsonrpc: '2.0', id: 1, method: 'call' } },
    ],
    sessions: { thinkSeconds: 0.5, meanRequests: 8 },
    ...more,
  });
}
