import { connect } from '@tillgate/odoo';
import { runSmoke } from '@tillgate/retail-flows/run';
import { callJson2, type Odoo, startOdoo } from '@tillgate/testbed/odoo';
import { type Benchmark, median } from './benchmark.ts';
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
 * made bare, in turns; and eighty tenants on one server, visited by the shipped bundle.
 */
const smoke: Benchmark = {
  name: 'smoke',
  about: 'Smoke retail flows beside the same calls made bare, and at 80 tenants of one real Odoo 19',
  async run(say, args) {
    const odoo = await startOdoo();
    const alone = await besideBare(odoo, say).finally(() => odoo.stop());
    const flows = args.includes('full') ? [] : FEW;
    const tenants = Number(args.find((arg) => /^\d+$/.test(arg)) ?? TENANTS);
    const many = await visitTenants(tenants, AT_ONCE, flows, say);
    const figures = {
      client_over_bare: alone.client / alone.bareCall,
      bare_call_median_ms: alone.bareCall,
      client_call_median_ms: alone.client,
      flows_over_bare_calls: median(alone.ours) / median(alone.bare),
      flows_ms: median(alone.ours),
      bare_calls_ms: median(alone.bare),
      calls: alone.calls,
      flows_passed: alone.passed,
      answered_otherwise: alone.otherwise,
      tenants,
      tenants_s: many.seconds,
      tenants_flows: flows.join(' ') || 'all',
      tenants_requests: many.requests,
      tenants_requests_per_s: many.requests / many.seconds,
      tenants_outcome: many.outcome,
      tenants_peak_mib: many.mebibytes,
    };
    const holds =
      figures.client_over_bare <= BOUND &&
      figures.flows_over_bare_calls <= BOUND &&
      alone.otherwise === 0 &&
      alone.allPassed &&
      many.outcome === 'pass' &&
      many.mebibytes <= MOST_MIB;
    return {
      figures,
      bounds: {
        client_over_bare: `<= ${BOUND}`,
        flows_over_bare_calls: `<= ${BOUND}`,
        flows_passed: 'all',
        answered_otherwise: '0',
        tenants_outcome: 'pass',
        tenants_peak_mib: `<= ${MOST_MIB}`,
      },
      holds,
      table: [['figure', 'value'], ...Object.entries(figures)],
    };
  },
};

export default smoke;

const WISHES = { flows: [], allowWrites: false, setAside: false, repeats: 1, dry: false, maxLatencyRatio: 2 };

/** One tenant: the client beside bare calls, and all flows beside all their calls. */
async function besideBare(odoo: Odoo, say: (progress: string) => void) {
  const { postgres } = odoo.retail;
  await odoo.call('ir.config_parameter', 'set_param', { key: 'database.is_neutralized', value: 'true' });
  // This server runs no jobs, and its database lay in a cache for longer than jobs may be late.
  await postgres.psql("UPDATE ir_cron SET nextcall = now() at time zone 'utc' + interval '6 hours'", odoo.database);
  const connection = { url: odoo.url, database: odoo.database, secret: { apiKey: odoo.apiKey } };
  say(`${CALLS} reading calls each, in turns`);
  const calls = await inTurns(connection);
  const go = (url: string) =>
    runSmoke({ ...WISHES, connection: { ...connection, url }, now: () => Date.now(), say: () => undefined });
  say('all flows to warm up, and once through a recorder');
  await go(odoo.url);
  await postgres.psql(APART, odoo.database);
  const recording = await recorder(odoo.url);
  const recorded = await go(recording.url).finally(() => recording.stop());
  const [ours, bare]: [number[], number[]] = [[], []];
  let otherwise = 0;
  for (let round = 1; round <= ROUNDS; round += 1) {
    say(`round ${round} of ${ROUNDS}: all flows, and their ${recording.exchanges.length} calls made bare`);
    const first = round % 2 === 0 ? 'ours' : 'bare';
    for (const turn of first === 'ours' ? ['ours', 'bare'] : ['bare', 'ours']) {
      if (turn === 'bare') {
        const made = await callBare(odoo.url, recording.exchanges);
        bare.push(made.ms);
        otherwise += made.otherwise;
      } else {
        const started = performance.now();
        await go(odoo.url);
        ours.push(performance.now() - started);
      }
    }
  }
  const passed = recorded.results.filter(({ status }) => status === 'passed').length;
  return {
    client: calls.ours,
    bareCall: calls.bare,
    ours,
    bare,
    otherwise,
    calls: recording.exchanges.length,
    passed: `${passed} of ${recorded.results.length}`,
    allPassed: passed === recorded.results.length,
  };
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
