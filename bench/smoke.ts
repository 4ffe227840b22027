import { connect } from '@tillgate/odoo';
import { runSmoke } from '@tillgate/retail-flows/run';
import { callJson2, startOdoo } from '@tillgate/testbed/odoo';
import { type Benchmark, median } from './benchmark.ts';

const ROUNDS = 60;
const BOUND = 1.1;

/**
 * What going shopping costs beyond the calls themselves, on a real Odoo 19: the client beside bare `fetch`,
 * the same reading call in turns, and all flows beside the time their calls took.
 */
const smoke: Benchmark = {
  name: 'smoke',
  about: 'Smoke retail flows: overhead over the bare calls to a real Odoo 19',
  async run(say) {
    const odoo = await startOdoo();
    try {
      await odoo.call('ir.config_parameter', 'set_param', { key: 'database.is_neutralized', value: 'true' });
      // This server runs no jobs, and its database lay in a cache for longer than jobs may be late.
      const soon = "UPDATE ir_cron SET nextcall = now() at time zone 'utc' + interval '1 hour'";
      await odoo.retail.postgres.psql(soon, odoo.database);
      const connection = { url: odoo.url, database: odoo.database, secret: { apiKey: odoo.apiKey } };
      say(`${ROUNDS} reading calls each, in turns`);
      const { bare, ours } = await inTurns(connection);
      say('all flows, one round to warm up and two that count');
      const request = { ...FLOWS, connection, now: () => Date.now(), say };
      await runSmoke(request);
      let [calls, inCalls] = [0, 0];
      const timed = ({ ms }: { ms: number }) => {
        calls += 1;
        inCalls += ms;
      };
      const started = performance.now();
      const seen = await runSmoke({ ...request, repeats: 2, connection: { ...connection, timed } });
      const whole = performance.now() - started;
      const passed = seen.results.filter(({ status }) => status === 'passed').length;
      const figures = {
        client_over_bare: ours / bare,
        bare_call_median_ms: bare,
        client_call_median_ms: ours,
        flows_over_calls: whole / inCalls,
        flows_ms_per_round: whole / 2,
        calls_per_round: calls / 2,
        flows_passed: `${passed} of ${seen.results.length}`,
        memory_mib: process.resourceUsage().maxRSS / 1024,
      };
      const holds =
        figures.client_over_bare <= BOUND && figures.flows_over_calls <= BOUND && passed === seen.results.length;
      return {
        figures,
        bounds: { client_over_bare: `<= ${BOUND}`, flows_over_calls: `<= ${BOUND}`, flows_passed: 'all' },
        holds,
        table: [['figure', 'value'], ...Object.entries(figures)],
      };
    } finally {
      await odoo.stop();
    }
  },
};

export default smoke;

const FLOWS = { flows: [], allowWrites: false, setAside: false, repeats: 1, dry: false, maxLatencyRatio: 2 };

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
  for (let round = 0; round < ROUNDS; round += 1) {
    await took(bare, () => callJson2(at, 'ir.module.module', 'search_read', args));
    await took(ours, () => client.call('ir.module.module', 'search_read', args));
  }
  client.close();
  return { bare: median(bare.slice(5)), ours: median(ours.slice(5)) };
}
