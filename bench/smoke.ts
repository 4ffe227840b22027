import { connect } from '@tillgate/odoo';
import { runSmoke } from '@tillgate/retail-flows/run';
import { callJson2, startOdoo } from '@tillgate/testbed/odoo';
import { type Benchmark, type Figures, type Measured, median } from './benchmark.ts';
import { APART, callBare, recorder } from './smoke/bare-calls.ts';
import { visitTenants } from './smoke/eighty-tenants.ts';

const CALLS = 60;
const ROUNDS = 3;
const BOUND = 1.1;
const TENANTS = 80;
const AT_ONCE = 8;
const MOST_MIB = 150;
/** One flow of each kind. The argument `full` runs all of them, a number visits so many tenants. */
const FEW = ['login-and-health', 'product-search', 'stock-adjustment', 'sale-to-payment'];

/**
 * What going shopping costs on a real Odoo 19: the client beside bare `fetch`; all flows beside the same calls
 * made bare, in turns; and eighty tenants on one server, visited by the shipped bundle. The arguments `bare` and
 * `tenants` run one half only.
 */
const smoke: Benchmark = {
  name: 'smoke',
  about: 'Smoke retail flows beside the same calls made bare, and at 80 tenants of one real Odoo 19',
  async run(say, args) {
    const halves = ['bare', 'tenants'].filter((half) => args.includes(half));
    const wanted = (half: string) => halves.length === 0 || halves.includes(half);
    const parts: Part[] = [];
    if (wanted('bare')) parts.push(await besideBare(say));
    if (wanted('tenants')) parts.push(await atTenants(say, args));
    const figures = Object.assign({}, ...parts.map((part) => part.figures)) as Figures;
    return {
      figures,
      bounds: Object.assign({}, ...parts.map((part) => part.bounds)) as Record<string, string>,
      holds: parts.every(({ holds }) => holds),
      table: [['figure', 'value'], ...Object.entries(figures)],
    };
  },
};

export default smoke;

type Part = Pick<Measured, 'figures' | 'bounds' | 'holds'>;

async function atTenants(say: (progress: string) => void, args: readonly string[]): Promise<Part> {
  const flows = args.includes('full') ? [] : FEW;
  const tenants = Number(args.find((arg) => /^\d+$/.test(arg)) ?? TENANTS);
  const visited = await visitTenants(tenants, AT_ONCE, flows, say);
  return {
    figures: {
      tenants,
      tenants_flows: flows.join(' ') || 'all',
      tenants_s: visited.seconds,
      tenants_requests: visited.requests,
      tenants_requests_per_s: visited.requests / visited.seconds,
      tenants_outcome: visited.outcome,
      tenants_peak_mib: visited.mebibytes,
    },
    bounds: { tenants_outcome: 'pass', tenants_peak_mib: `<= ${MOST_MIB}` },
    holds: visited.outcome === 'pass' && visited.mebibytes <= MOST_MIB,
  };
}

const WISHES = { allowWrites: false, setAside: false, repeats: 1, dry: false, maxLatencyRatio: 2 };

/**
 * One tenant: the client beside bare calls, and each flow beside all calls of its run, in turns. A turn is one flow,
 * so that a slow moment of the machine hits both alike.
 */
async function besideBare(say: (progress: string) => void): Promise<Part> {
  const odoo = await startOdoo();
  try {
    const { postgres } = odoo.retail;
    await odoo.call('ir.config_parameter', 'set_param', { key: 'database.is_neutralized', value: 'true' });
    // This server runs no jobs, and its database lay in a cache for longer than jobs may be late.
    await postgres.psql("UPDATE ir_cron SET nextcall = now() at time zone 'utc' + interval '6 hours'", odoo.database);
    const connection = { url: odoo.url, database: odoo.database, secret: { apiKey: odoo.apiKey }, timeoutMs: 120_000 };
    say(`${CALLS} reading calls each, in turns`);
    const client = await inTurns(connection);
    const go = (url: string, flows: readonly string[]) => {
      const request = { ...WISHES, flows, connection: { ...connection, url } };
      return runSmoke({ ...request, now: () => Date.now(), say: () => undefined });
    };
    say('all flows once, to warm up');
    const warm = await go(odoo.url, []);
    await postgres.psql(APART, odoo.database);
    let [calls, otherwise, ours, bare] = [0, 0, 0, 0];
    for (const { flow } of warm.planned) {
      const recording = await recorder(odoo.url);
      await go(recording.url, [flow]).finally(() => recording.stop());
      const turns: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
      for (let round = 1; round <= ROUNDS; round += 1) {
        for (const turn of round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
          if (turn === 'bare') {
            const made = await callBare(odoo.url, recording.exchanges);
            turns.bare.push(made.ms);
            otherwise += made.otherwise;
          } else {
            const started = performance.now();
            await go(odoo.url, [flow]);
            turns.ours.push(performance.now() - started);
          }
        }
      }
      calls += recording.exchanges.length;
      ours += median(turns.ours);
      bare += median(turns.bare);
      const millis = `${Math.round(median(turns.ours))} ms, bare ${Math.round(median(turns.bare))} ms`;
      say(`${flow}: ${recording.exchanges.length} calls, ${millis}, ${otherwise} answered otherwise up to here`);
    }
    const passed = warm.results.filter(({ status }) => status === 'passed').length;
    const figures = {
      client_over_bare: client.ours / client.bare,
      bare_call_median_ms: client.bare,
      client_call_median_ms: client.ours,
      flows_over_bare_calls: ours / bare,
      flows_ms: ours,
      bare_calls_ms: bare,
      calls,
      answered_otherwise: otherwise,
      flows_passed: `${passed} of ${warm.results.length}`,
    };
    return {
      figures,
      bounds: {
        client_over_bare: `<= ${BOUND}`,
        flows_over_bare_calls: `<= ${BOUND}`,
        flows_passed: 'all',
        answered_otherwise: '0',
      },
      holds:
        figures.client_over_bare <= BOUND &&
        figures.flows_over_bare_calls <= BOUND &&
        otherwise === 0 &&
        passed === warm.results.length,
    };
  } finally {
    await odoo.stop();
  }
}

async function inTurns(connection: { url: string; database: string; secret: { apiKey: string } }) {
  const client = await connect(connection);
  const at = { url: connection.url, database: connection.database, apiKey: connection.secret.apiKey };
  const args = { domain: [['state', '=', 'installed']], fields: ['name', 'state'] };
  const [bare, ours]: [number[], number[]] = [[], []];
  const took = async (into: number[], work: () => Promise<unknown>) => {
    const started = performance.now();
    await work();
    into.push(performance.now() - started);
  };
  for (let round = 0; round < CALLS; round += 1) {
    await took(bare, () => callJson2(at, 'ir.module.module', 'search_read', args));
    await took(ours, () => client.call('ir.module.module', 'search_read', args));
  }
  client.close();
  return { bare: median(bare.slice(5)), ours: median(ours.slice(5)) };
}
