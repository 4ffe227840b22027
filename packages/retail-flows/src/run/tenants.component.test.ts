import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { changeModules, needOdoo, type Odoo, type Retail, startOdoo, startRetail } from '@tillgate/testbed/odoo';
import { businessOf } from '../nothing-stays/business.test-kit.ts';
import { LEASE_MS } from '../nothing-stays/lock.ts';
import type { SmokeSeen } from '../seen.ts';
import type { Wished } from './smoke.test-kit.ts';

const RETAILER = join(import.meta.dirname, '../../../../test/retailers/corner-shops');
/** Flows whose leftovers hurt most, and own ones. */
const FLOWS = ['return-and-refund', 'purchase-to-bill', 'pos-session', 'loyalty-card', 'price-on-the-shelf'];

((await needOdoo()) ? describe : describe.skip)('two tenants on a real Odoo 19', () => {
  let retail: Retail;
  let odoo: Odoo;
  const databases = ['harbour', 'market'] as const;
  beforeAll(async () => {
    const addons = [join(RETAILER, 'addons')];
    retail = await startRetail();
    await retail.clone({ name: 'harbour' });
    await changeModules(retail.sandbox(addons), 'harbour', { install: ['corner_loyalty'] });
    const copy = "INSERT INTO ir_config_parameter (key, value) VALUES ('database.is_neutralized', 'true')";
    await retail.postgres.psql(copy, 'harbour');
    await retail.clone({ name: 'market', from: 'harbour' });
    odoo = await startOdoo({ retail, addons, database: databases.join() });
  }, 900_000);
  afterAll(async () => {
    await odoo?.stop();
    await retail?.stop();
  });

  const business = () =>
    Promise.all(databases.map((database) => businessOf((sql) => retail.postgres.psql(sql, database))));

  function start(more: Partial<Wished> = {}): { child: ChildProcess; seen: Promise<SmokeSeen> } {
    const wished: Wished = {
      url: odoo.url,
      databases: [...databases],
      concurrency: 4,
      flows: FLOWS,
      flowsFile: join(RETAILER, 'smoke/flows.yml'),
      ...more,
    };
    const child = spawn(process.execPath, [join(import.meta.dirname, 'smoke.test-kit.ts'), JSON.stringify(wished)], {
      env: { PATH: process.env.PATH ?? '', SMOKE_KEY: odoo.apiKey },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, said] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const seen = new Promise<SmokeSeen>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', () => {
        try {
          resolve(JSON.parse(out) as SmokeSeen);
        } catch (cause) {
          reject(new Error(`It ended without an answer: ${said}`, { cause }));
        }
      });
    });
    return { child, seen };
  }

  it('a run that is killed half-way leaves its things and its locks; the next run finds all of them', async () => {
    const before = await business();
    const { child, seen: never } = start();
    const ended = expect(never).rejects.toThrow(/ended without an answer/);
    const made = async (database: string) =>
      Number(await retail.postgres.psql("SELECT count(*) FROM stock_picking WHERE state <> 'cancel'", database));
    while ((await made('harbour')) === 0 || (await made('market')) === 0) expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    await ended;
    expect(await business()).not.toEqual(before);

    const busy = await start().seen;
    expect(busy.tenants.map(({ trouble }) => trouble)).toEqual(
      databases.map(() => expect.stringMatching(/is at work/)),
    );

    const next = await start({ ahead: LEASE_MS + 60_000 }).seen;
    expect(next.tenants.map(({ tenant, trouble }) => [tenant, trouble])).toEqual(
      databases.map((name) => [name, undefined]),
    );
    for (const { inherited, results } of next.tenants) {
      expect(inherited.leftovers).toEqual([]);
      expect(inherited.stays).not.toEqual([]);
      expect(results.map(({ flow, status, leftovers }) => [flow, status, ...leftovers]).sort()).toEqual(
        FLOWS.map((flow) => [flow, 'passed']).sort(),
      );
    }
    expect(await business()).toEqual(before);
  }, 900_000);

  it('flows of a program are run as all others are', async () => {
    const before = await business();
    const wished = { databases: ['market'], flows: ['by-the-dozen'], flowsFile: join(RETAILER, 'smoke/flows.ts') };
    const [market] = (await start(wished).seen).tenants;
    expect(market?.results.map(({ flow, status, facts }) => [flow, status, facts])).toEqual([
      ['by-the-dozen', 'passed', 2],
    ]);
    expect(await business()).toEqual(before);
  }, 300_000);
});
