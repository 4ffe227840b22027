import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GateContext, Values } from '@tillgate/action-kit';
import { silentLog, systemClock } from '@tillgate/host';
import { type Basis, conclude, type Verdict } from '@tillgate/release';
import { needOdoo, type Odoo, startOdoo } from '@tillgate/testbed/odoo';
import { gate } from './gate.ts';
import { inputs } from './inputs.ts';

type Given = Record<string, string>;

/** The inputs as the frame would read them. */
function read(given: Given): Values<typeof inputs> {
  const values = Object.entries(inputs).map(([name, kind]) => {
    const text = given[name] ?? kind.default ?? '';
    return [name, text === '' && !kind.required && kind.default === undefined ? undefined : kind.parse(text)];
  });
  return Object.fromEntries(values) as Values<typeof inputs>;
}

((await needOdoo()) ? describe : describe.skip)('the gate on a real Odoo 19', () => {
  let odoo: Odoo;
  const workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
  const before = process.env.GITHUB_WORKSPACE;
  beforeAll(async () => {
    process.env.GITHUB_WORKSPACE = workspace;
    odoo = await startOdoo();
  }, 600_000);
  afterAll(async () => {
    await odoo?.stop();
    if (before === undefined) delete process.env.GITHUB_WORKSPACE;
    else process.env.GITHUB_WORKSPACE = before;
    rmSync(workspace, { recursive: true, force: true });
  });

  const run = async (given: Given) => {
    const context = {
      inputs: read({ url: odoo.url, database: odoo.database, 'api-key': odoo.apiKey, ...given }),
      clock: systemClock,
      log: silentLog,
      signal: new AbortController().signal,
      secrets: { redact: (text: string) => text },
    } as unknown as GateContext<typeof inputs>;
    const { seen, coverage } = await gate.observe(context);
    const findings = gate.rules.flatMap((rule) => rule.judge(seen, {} as Basis));
    const observedAt = new Date().toISOString() as Verdict['observedAt'];
    const outcome = conclude(findings, coverage, observedAt);
    const facts = gate.facts(seen, findings);
    const shown = await gate.present?.({ facts, observedAt } as Verdict<'smoke-retail-flows'>, seen, context);
    return { outcome, facts, rules: findings.map(({ rule }) => rule), ...shown };
  };

  it('reads only and passes where nothing says that it is a copy', async () => {
    await odoo.retail.postgres.psql(
      "UPDATE ir_cron SET nextcall = now() at time zone 'utc' + interval '1 hour'",
      odoo.database,
    );
    const ran = await run({});
    expect(ran).toMatchObject({
      outcome: 'pass',
      facts: { passed: ['login-and-health', 'scheduled-jobs'], failed: [], unknown: [], wrote: false },
      rules: ['smoke/reading-only'],
    });
  });

  it('is inconclusive when a flow was asked for that may not write', async () => {
    const ran = await run({ flows: 'login-and-health stock-adjustment' });
    expect(ran).toMatchObject({ outcome: 'inconclusive', rules: ['smoke/flow-left-out'] });
  });

  it('goes shopping in a company and warehouse set aside, and tells it as JUnit, baseline and summary', async () => {
    const named = { company: 'My Company', warehouse: 'My Company', 'allow-writes-in-production': 'true' };
    const first = await run({ ...named, flows: 'stock-adjustment' });
    expect(first).toMatchObject({ outcome: 'pass', facts: { passed: ['stock-adjustment'], wrote: true } });
    const { 'baseline-file': baseline = '', 'junit-file': junit = '' } = first.outputs ?? {};
    expect(readFileSync(junit, 'utf8')).toContain('name="stock-adjustment"');
    expect(first.summary).toContain('| stock-adjustment |');
    const second = await run({ ...named, flows: 'stock-adjustment', baseline });
    expect(second).toMatchObject({ outcome: 'warn', rules: ['smoke/too-few-times'] });
  });

  it('only plans when asked to', async () => {
    const named = { company: 'My Company', warehouse: 'My Company', 'allow-writes-in-production': 'true' };
    const ran = await run({ ...named, dry: 'true' });
    expect(ran).toMatchObject({ outcome: 'inconclusive', facts: { passed: [] } });
    expect(ran.rules).toEqual(['smoke/only-planned']);
    expect(ran.summary).toContain('1 closed session with a sale and two refunds');
  });

  it.each([
    ['a company that is not there', { company: 'Nobody' }, /There is no single company "Nobody".*My Company/],
    ['a wrong database', { database: 'nowhere' }, /no such database/],
    ['a wrong key', { 'api-key': '0'.repeat(40) }, /apikey|API key|Unauthorized/i],
  ])('says what is wrong with %s', async (_, given, message) => {
    await expect(run(given as Given)).rejects.toThrow(message);
  });

  it('never passes when the server dies between two steps', async () => {
    const mortal = await startOdoo({ retail: odoo.retail });
    await mortal.call('ir.config_parameter', 'set_param', { key: 'database.is_neutralized', value: 'true' });
    const watch = async () => {
      while (
        (await mortal.call('res.partner', 'search_count', { domain: [['ref', '=like', 'TILLGATE-SMOKE-%']] })) === 0
      );
      await mortal.stop();
    };
    const [ran] = await Promise.all([
      run({ url: mortal.url, database: mortal.database, flows: 'sale-to-payment' }),
      watch(),
    ]);
    expect(ran.outcome).toBe('inconclusive');
    expect(ran.rules).toEqual(expect.arrayContaining(['smoke/no-answer', 'smoke/leftovers']));
  }, 120_000);
});
