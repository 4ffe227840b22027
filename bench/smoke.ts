import { connect } from '@tillgate/odoo';
import { runSmoke } from '@tillgate/retail-flows/run';
import { callJson2, type Odoo, startOdoo } from '@tillgate/testbed/odoo';
import { type Benchmark, type Figures, type Measured, median } from './benchmark.ts';
import { APART, callBare, recorder } from './smoke/bare-calls.ts';
import { visitTenants } from './smoke/eighty-tenants.ts';
import { replayer } from './smoke/replay.ts';
import { visit } from './smoke/visit.ts';

const CALLS = 60;
const ROUNDS = 3;
const BOUND = 1.1;
const TENANTS = 80;
const AT_ONCE = 8;
const MOST_MB = 150;
/** How often each flow is run where only memory is looked at. */
const LENGTHS = [1, 5];
/** One flow of each kind. The argument `full` runs all of them, a number visits so many tenants. */
const FEW = ['login-and-health', 'product-search', 'stock-adjustment', 'sale-to-payment'];

/**
 * What going shopping costs on a real Odoo 19: the client beside bare `fetch`; all flows beside the same calls
 * made bare, in turns; eighty tenants on one server, visited by the shipped bundle; and what a visit keeps in memory,
 * however long it is, with all flows and a server that only replays answers. The arguments `bare`, `tenants` and
 * `memory` run one part only.
 */
const smoke: Benchmark = {
  name: 'smoke',
  about: 'Smoke retail flows beside the same calls made bare, and at 80 tenants of one real Odoo 19',
  async run(say, args) {
    const named = ['bare', 'tenants', 'memory'].filter((part) => args.includes(part));
    const wanted = (part: string) => named.length === 0 || named.includes(part);
    const parts: Part[] = [];
    if (wanted('bare')) parts.push(await besideBare(say));
    if (wanted('tenants')) parts.push(await atTenants(say, args));
    if (wanted('memory')) parts.push(await atAnyLength(say));
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
      tenants_peak_mb: visited.megabytes,
    },
    bounds: { tenants_outcome: 'pass', tenants_peak_mb: `<= ${MOST_MB}` },
    holds: visited.outcome === 'pass' && visited.megabytes <= MOST_MB,
  };
}

/** All flows at eighty tenants, as long as one likes: a real server would take hours, and answers nothing else. */
async function atAnyLength(say: (progress: string) => void): Promise<Part> {
  say('all flows once at a real Odoo, to be replayed');
  const exchanges = await onOdoo(async (odoo, connection) => {
    const recording = await recorder(odoo.url);
    await go({ ...connection, url: recording.url }, []).finally(() => recording.stop());
    return recording.exchanges;
  });
  const figures: Figures = {};
  let holds = true;
  for (const repeats of LENGTHS) {
    const server = await replayer(exchanges);
    const tenants = Array.from({ length: TENANTS }, (_, index) => `tenant_${index + 1}`);
    const visited = await visit({
      url: server.url,
      tenants,
      apiKey: 'a'.repeat(40),
      concurrency: AT_ONCE,
      flows: [],
      repeats,
    });
    server.stop();
    figures[`memory_${repeats}_repeats_requests`] = server.requests();
    figures[`memory_${repeats}_repeats_outcome`] = visited.outcome;
    figures[`memory_${repeats}_repeats_peak_mb`] = visited.megabytes;
    holds &&= visited.outcome === 'pass' && visited.megabytes <= MOST_MB;
    say(`${repeats} repeats: ${server.requests()} requests, ${Math.round(visited.megabytes)} MB, ${visited.outcome}`);
  }
  const bounds = LENGTHS.flatMap((repeats) => [
    [`memory_${repeats}_repeats_outcome`, 'pass'],
    [`memory_${repeats}_repeats_peak_mb`, `<= ${MOST_MB}`],
  ]);
  return { figures, bounds: Object.fromEntries(bounds), holds };
}

type Connection = { url: string; database: string; secret: { apiKey: string }; timeoutMs: number };

/** Works on an Odoo of its own, whose database is a neutralised copy. */
async function onOdoo<T>(work: (odoo: Odoo, connection: Connection) => Promise<T>): Promise<T> {
  const odoo = await startOdoo();
  try {
    await odoo.call('ir.config_parameter', 'set_param', { key: 'database.is_neutralized', value: 'true' });
    // This server runs no jobs, and its database lay in a cache for longer than jobs may be late.
    const later = "UPDATE ir_cron SET nextcall = now() at time zone 'utc' + interval '6 hours'";
    await odoo.retail.postgres.psql(later, odoo.database);
    const { url, database, apiKey } = odoo;
    return await work(odoo, { url, database, secret: { apiKey }, timeoutMs: 120_000 });
  } finally {
    await odoo.stop();
  }
}

/** Goes through flows; tells how many calls that took. */
async function go(connection: Connection, flows: readonly string[]) {
  let calls = 0;
  const timed = () => {
    calls += 1;
  };
  const request = { ...WISHES, flows, connection: { ...connection, timed } };
  const seen = await runSmoke({ ...request, now: () => Date.now(), say: () => undefined });
  return { ...seen, calls };
}

const WISHES = { allowWrites: false, setAside: false, repeats: 1, dry: false, maxLatencyRatio: 2 };

/**
 * One tenant: the client beside bare calls, and each flow beside all calls of its run, in turns. A turn is one flow,
 * so that a slow moment of the machine hits both alike.
 */
function besideBare(say: (progress: string) => void): Promise<Part> {
  return onOdoo(async (odoo, connection) => {
    say(`${CALLS} reading calls each, in turns`);
    const client = await inTurns(connection);
    say('all flows once, to warm up');
    const warm = await go(connection, []);
    await odoo.retail.postgres.psql(APART, odoo.database);
    let [calls, otherwise, ours, bare] = [0, 0, 0, 0];
    for (const { flow } of warm.planned) {
      const recording = await recorder(odoo.url);
      await go({ ...connection, url: recording.url }, [flow]).finally(() => recording.stop());
      const turns: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
      for (let round = 1; round <= ROUNDS; round += 1) {
        for (const turn of round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
          if (turn === 'bare') {
            const made = await callBare(odoo.url, recording.exchanges);
            turns.bare.push(made.ms);
            otherwise += made.otherwise;
          } else {
            const started = performance.now();
            const ran = await go(connection, [flow]);
            turns.ours.push(performance.now() - started);
            // Before the first call the client asks for the version.
            if (ran.calls + 1 !== recording.exchanges.length) otherwise += 1;
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
  });
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
