import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { resolve } from 'node:path';
import { callJson2, type Odoo, type Retail, startOdoo, startRetail } from '@tillgate/testbed/odoo';
import { type Benchmark, median } from './benchmark.ts';

const ADDON = resolve(import.meta.dirname, '../deploy/odoo-metrics');
const WARM_UP = 30;
const CALLS = 600;
const BOUND = 1.05;

/** What the Odoo add-on costs a call: two servers on one database, with it and without, called in turns with the cheapest call there is. */
export default {
  name: 'odoo-metrics',
  about: `the Odoo add-on's cost: ${CALLS} cheap calls with it and without, in turns`,
  async run(say) {
    const retail = await startRetail();
    try {
      const database = await retail.clone();
      const port = await freePort();
      say('two servers start');
      const bare = await startOdoo({ retail, database });
      const counted = await startOdoo({
        retail,
        database,
        addons: [ADDON],
        args: ['--load=base,rpc,web,tillgate_metrics'],
        env: { TILLGATE_METRICS_PORT: `${port}`, TILLGATE_METRICS_ADDRESS: '127.0.0.1' },
      });
      try {
        const [without, withIt] = await inTurns(bare, counted, retail);
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        const sum = (name: string) =>
          [...text.matchAll(new RegExp(`^${name}\\{.*\\} (.*)$`, 'gm'))].reduce(
            (all, [, value]) => all + Number(value),
            0,
          );
        const figures = {
          call_without_median_ms: without,
          call_with_median_ms: withIt,
          with_over_without: withIt / without,
          told_by_itself_ms: (sum('odoo_metrics_seconds_total') / sum('odoo_requests_total')) * 1000,
          calls_counted: sum('odoo_requests_total'),
          calls_lost: sum('odoo_metrics_lost_total'),
        };
        const holds =
          figures.with_over_without <= BOUND && figures.calls_counted >= CALLS + WARM_UP && figures.calls_lost === 0;
        return {
          figures,
          bounds: { with_over_without: `<= ${BOUND}`, calls_counted: `>= ${CALLS + WARM_UP}`, calls_lost: '0' },
          holds,
          table: [['figure', 'value'], ...Object.entries(figures)],
        };
      } finally {
        await counted.stop();
        await bare.stop();
      }
    } finally {
      await retail.stop();
    }
  },
} satisfies Benchmark;

/** Median milliseconds of a call to each. */
async function inTurns(bare: Odoo, counted: Odoo, { template }: Retail): Promise<[number, number]> {
  const timed = async ({ url, database }: Odoo) => {
    const began = performance.now();
    await callJson2({ url, database, apiKey: template.apiKey }, 'res.partner', 'search_count', { domain: [] });
    return performance.now() - began;
  };
  const times: [number[], number[]] = [[], []];
  for (let call = 0; call < WARM_UP + CALLS; call++) {
    const [without, withIt] = [await timed(bare), await timed(counted)];
    if (call < WARM_UP) continue;
    times[0].push(without);
    times[1].push(withIt);
  }
  return [median(times[0]), median(times[1])];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
