import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GateContext, Values } from '@tillgate/action-kit';
import { silentLog, systemClock } from '@tillgate/host';
import { loadPolicy } from '@tillgate/policy';
import { type Basis, conclude, type Verdict } from '@tillgate/release';
import { needOdoo, type Odoo, startOdoo } from '@tillgate/testbed/odoo';
import { cancelled, cuttable } from './cancelled.test-kit.ts';
import { gate } from './gate.ts';
import { inputs } from './inputs.ts';

type Given = Record<string, string>;

/** Among the flows that only read; in whatever order they end. */
const READING = expect.arrayContaining(['login-and-health', 'scheduled-jobs']);

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
  const masked: string[] = [];
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

  /** @param files what lies on the default branch, by path; the policy is one of them */
  const run = async (given: Given, files: Record<string, string> = {}) => {
    const policy = loadPolicy(Buffer.from(files['policy.yml'] ?? 'environments: {}')).policy;
    const temp = mkdtempSync(join(workspace, 'temp-'));
    const one = given.tenants === undefined ? { database: odoo.database } : {};
    const context = {
      inputs: read({ url: odoo.url, 'api-key': odoo.apiKey, ...one, ...given }),
      policy: { whole: policy, class: 'standard' },
      clock: systemClock,
      log: silentLog,
      signal: new AbortController().signal,
      temp,
      trusted: { read: async (path: string) => ({ bytes: Buffer.from(files[path] ?? '') }) },
      secrets: { redact: (text: string) => text, add: (text: string) => masked.push(text) },
    } as unknown as GateContext<typeof inputs>;
    const { seen, coverage } = await gate.observe(context);
    const findings = gate.rules.flatMap((rule) => rule.judge(seen, {} as Basis));
    const observedAt = new Date().toISOString() as Verdict['observedAt'];
    const outcome = conclude(findings, coverage, observedAt);
    const facts = gate.facts(seen, findings);
    const shown = await gate.present?.({ facts, observedAt } as Verdict<'smoke-retail-flows'>, seen, context);
    return { outcome, facts, coverage, findings, rules: findings.map(({ rule }) => rule), ...shown };
  };

  it('reads only and passes where nothing says that it is a copy', async () => {
    await odoo.retail.postgres.psql(
      "UPDATE ir_cron SET nextcall = now() at time zone 'utc' + interval '1 hour'",
      odoo.database,
    );
    const ran = await run({});
    expect(ran).toMatchObject({
      outcome: 'pass',
      facts: { passed: READING, failed: [], unknown: [], wrote: false },
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
    expect(ran.summary).toContain('1 closed session with');
  });

  it.each([
    ['a company that is not there', { company: 'Nobody' }, /There is no single company "Nobody".*My Company/],
    ['a wrong database', { database: 'nowhere' }, /no such database/],
    ['a wrong key', { 'api-key': '0'.repeat(40) }, /apikey|API key|Unauthorized/i],
  ])('says what is wrong with %s', async (_, given, message) => {
    const ran = await run(given as Given);
    expect(ran).toMatchObject({ outcome: 'inconclusive', rules: ['smoke/not-reached'] });
    expect(ran.findings[0]?.message).toMatch(message);
  });

  it('goes to all tenants of the file; one that is away is named, and keeps nobody from being visited', async () => {
    const [second, gone] = [await odoo.retail.clone(), 'no_such_database'];
    await odoo.retail.postgres.psql(
      "UPDATE ir_cron SET nextcall = now() at time zone 'utc' + interval '1 hour'",
      second,
    );
    const both = await startOdoo({ retail: odoo.retail, database: `${odoo.database},${second}` });
    const file = `
shared: { url: ${both.url} }
tenants:
  - { name: harbour, database: ${odoo.database} }
  - { name: market, database: ${second}, apiKeyFrom: SMOKE_MARKET }
  - { name: airport, database: ${gone} }
`;
    process.env.SMOKE_MARKET = odoo.apiKey;
    try {
      const ran = await run({ tenants: 'shops.yml', concurrency: '3', 'api-key': odoo.apiKey }, { 'shops.yml': file });
      expect(ran).toMatchObject({
        outcome: 'inconclusive',
        coverage: { expected: 3, missing: ['airport'] },
        facts: { passed: READING, failed: [], unknown: [] },
      });
      expect(ran.findings.filter(({ severity }) => severity === 'unknown')).toEqual([
        expect.objectContaining({ rule: 'smoke/not-reached', unit: 'airport' }),
      ]);
      expect(ran.summary).toMatch(/3 tenants: 2 passed, 0 failed, 1 not known/);
      expect(ran.summary).toMatch(/\| airport \| not known \|/);
      expect(masked).toContain(odoo.apiKey);
    } finally {
      delete process.env.SMOKE_MARKET;
      await both.stop();
      await odoo.retail.drop(second);
    }
  });

  it('says all that is missing of a list of tenants before anything is sent', async () => {
    const file = 'tenants: [{ name: a, apiKeyFrom: SMOKE_NOWHERE }, { name: b, apiKeyFrom: SMOKE_NOWHERE_B }]';
    const message = /a takes its key from SMOKE_NOWHERE, which is empty[\s\S]*b takes its key from SMOKE_NOWHERE_B/;
    await expect(run({ tenants: 'shops.yml' }, { 'shops.yml': file })).rejects.toThrow(message);
  });

  it('keeps data of a neutralised copy, lists it, leaves it to later runs, and refuses it in production', async () => {
    const refused = await run({ 'keep-data': 'true' });
    expect(refused).toMatchObject({ outcome: 'inconclusive', rules: ['smoke/not-reached'] });
    expect(refused.findings[0]?.message).toMatch(/keep-data is refused/);
    const copy = await startOdoo({ retail: odoo.retail });
    try {
      const at = { url: copy.url, database: copy.database, flows: 'sale-to-payment' };
      const orders = () =>
        odoo.retail.postgres.psql("SELECT count(*) FROM sale_order WHERE state = 'sale'", copy.database);
      await copy.call('ir.config_parameter', 'set_param', { key: 'database.is_neutralized', value: 'true' });
      const kept = await run({ ...at, 'keep-data': 'true' });
      expect(kept).toMatchObject({ outcome: 'pass', rules: ['smoke/kept'] });
      expect(kept.summary).toMatch(/Kept, as asked for[\s\S]*sale.order \d+ &#40;S\d+&#41;, kept/);
      expect(await orders()).toBe('2');
      expect((await run(at)).outcome).toBe('pass');
      expect(await orders()).toBe('2');
    } finally {
      await copy.stop();
    }
  }, 300_000);

  it('does what the policy asks of the class, whatever the inputs ask less', async () => {
    const policy = `
smoke:
  classes:
    standard: { repeats: 5, baseline: required, flows: [scheduled-jobs, gift-wrap] }
`;
    const ran = await run({ flows: 'login-and-health', repeats: '2' }, { 'policy.yml': policy });
    expect(ran.outcome).toBe('inconclusive');
    expect(ran.rules).toEqual(['smoke/flow-left-out', 'smoke/not-compared']);
    expect(ran.facts.passed).toEqual(['login-and-health', 'scheduled-jobs']);
    const { tenants } = JSON.parse(readFileSync(ran.outputs?.['baseline-file'] ?? '', 'utf8'));
    expect(tenants[odoo.database].times['scheduled-jobs: the jobs are read']).toHaveLength(5);
    const compared = await run(
      { flows: 'login-and-health', baseline: ran.outputs?.['baseline-file'] ?? '' },
      { 'policy.yml': policy.replace(', gift-wrap', '') },
    );
    expect(compared).toMatchObject({ outcome: 'pass', rules: ['smoke/reading-only'].slice(1) });
    expect(compared.summary).toMatch(
      /Times against the baseline[\s\S]*xychart-beta[\s\S]*All steps together, run by run/,
    );
    const other = { concurrency: '2', baseline: ran.outputs?.['baseline-file'] ?? '' };
    await expect(run(other)).rejects.toThrow(/taken with concurrency 1 and this run has 2/);
  });

  it('cancelled as the runner cancels, it takes back what it began, or says what remains, and is no pass', async () => {
    const { postgres } = odoo.retail;
    const names = ['answers', 'goes_silent'];
    for (const name of names) {
      await odoo.retail.clone({ name });
      await postgres.psql(
        "INSERT INTO ir_config_parameter (key, value) VALUES ('database.is_neutralized', 'true')",
        name,
      );
    }
    const both = await startOdoo({ retail: odoo.retail, database: names.join() });
    const line = await cuttable(both.url);
    const remains = (name: string) =>
      postgres.psql(
        `SELECT (SELECT count(*) FROM sale_order WHERE state <> 'cancel') || ' orders, '
          || (SELECT count(*) FROM stock_picking WHERE state NOT IN ('done', 'cancel')) || ' transfers, '
          || (SELECT count(*) FROM account_move_line WHERE parent_state = 'posted' AND amount_residual <> 0) || ' open items, '
          || (SELECT count(*) FROM product_product WHERE active AND default_code LIKE 'TILLGATE-%') || ' products, '
          || (SELECT count(*) FROM ir_config_parameter WHERE key LIKE 'tillgate.%') || ' locks'`,
        name,
      );
    const begun =
      (name: string, also = () => undefined as unknown) =>
      async () => {
        const orders = () => postgres.psql("SELECT count(*) FROM sale_order WHERE state = 'sale'", name);
        while ((await orders()) === '0');
        also();
      };
    const inputs = { 'api-key': odoo.apiKey, flows: 'sale-to-payment stock-adjustment', concurrency: '2' };
    try {
      expect(await remains('answers')).toMatch(/^0 orders, 0 transfers, 0 open items, 0 products, 0 locks$/);
      const [answers, silent] = await Promise.all([
        cancelled({ ...inputs, url: both.url, database: 'answers' }, begun('answers')),
        cancelled({ ...inputs, url: line.url, database: 'goes_silent' }, begun('goes_silent', line.cut)),
      ]);
      for (const { code, signal, output, document } of [answers, silent]) {
        expect([code, signal]).toEqual([1, null]); // it ended by itself, before it was killed
        expect(output).toMatch(/^outcome<<(\S+)\ninconclusive\n\1$/m);
        expect(document.outcome).toBe('inconclusive');
        expect(document.findings.map(({ message }) => message).join('\n')).toMatch(/was cancelled \(SIGINT\)/);
      }
      expect(answers.document.findings.map(({ rule }) => rule)).not.toContain('smoke/leftovers');
      expect(await remains('answers')).toBe('0 orders, 0 transfers, 0 open items, 0 products, 0 locks');
      expect(silent.document.findings.map(({ rule }) => rule)).toContain('smoke/leftovers');
      expect(silent.summary).toMatch(/Not taken back: everything marked TILLGATE-SMOKE-/);
    } finally {
      line.close();
      await both.stop();
      for (const name of names) await odoo.retail.drop(name);
    }
  }, 300_000);

  it('never passes when the server dies between two steps', async () => {
    const mortal = await startOdoo({ retail: odoo.retail });
    await mortal.call('ir.config_parameter', 'set_param', { key: 'database.is_neutralized', value: 'true' });
    // No order can be made, so that the flow is not through before the server is gone, however slow the machine is.
    const held = mortal.retail.postgres.psql('BEGIN; LOCK TABLE sale_order; SELECT pg_sleep(100)', mortal.database);
    const released = held.catch(() => 'ended with its database');
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
    expect(await released).toBe('ended with its database');
  }, 120_000);
});
