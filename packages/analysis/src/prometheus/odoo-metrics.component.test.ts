import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '@tillgate/host';
import { loadPolicy } from '@tillgate/policy';
import {
  type Bed,
  makeBed,
  needBed,
  needOdoo,
  type Odoo,
  type Prometheus,
  type Retail,
  startOdoo,
  startPrometheus,
  startRetail,
  until,
} from '@tillgate/testbed';
import { parse } from 'yaml';
import { decide } from '../decide.ts';
import { analysisOf } from '../settings.ts';
import { beginAnalysis } from '../state.ts';
import { fold } from '../step.ts';
import { prometheusClient } from './client.ts';
import { readWindows } from './read-windows.ts';

const here = (await needBed('prometheus')) && (await needOdoo());
const ADDON = resolve(import.meta.dirname, '../../../../deploy/odoo-metrics');

/** A release whose method answers as it is asked to; as version `bad` it crashes every fourth time. */
const RELEASE = `
import itertools
import os
import signal
from pathlib import Path

from odoo import api
from odoo.addons.base.models.res_partner import ResPartner
from odoo.exceptions import AccessError, UserError

turn, half = itertools.count(1), itertools.count(1)


@api.model
def tillgate_try(self, how='well'):
    if how == 'refused':
        raise UserError('There is no stock left.')
    if how == 'forbidden':
        raise AccessError('Not yours.')
    if how == 'crash' or (os.environ['TILLGATE_VERSION'] == 'bad' and next(turn) % 4 == 0):
        raise RuntimeError('as a bad release does')
    if how == 'in part' and next(half) == 1:  # Odoo forgives it, and calls the job again for the rest
        self.env['ir.cron']._commit_progress(1, remaining=1)
        raise RuntimeError('after a part of the work')
    if how == 'killed':
        os.kill(os.getpid(), signal.SIGKILL)
    if how == 'exporter killed':  # in a namespace of its own, so there is no other
        for pid in filter(str.isdigit, os.listdir('/proc')):
            if b'exporter.py' in Path('/proc', pid, 'cmdline').read_bytes():
                os.kill(int(pid), signal.SIGKILL)
    return how


ResPartner.tillgate_try = tillgate_try
`;

const HOSTS = { good: '10.244.255.21', bad: '10.244.255.22' };
const DIGESTS: Record<string, string> = { good: `sha256:${'a'.repeat(64)}`, bad: `sha256:${'b'.repeat(64)}` };
/** The rule as adopters are told to write it. */
const PAGE = readFileSync(join(ADDON, 'README.md'), 'utf8');
const RELABEL = (
  parse(/```yaml\n(scrape_configs:[\s\S]*?)```/.exec(PAGE)?.[1] ?? '') as {
    scrape_configs: { relabel_configs: { target_label?: string }[] }[];
  }
).scrape_configs[0]?.relabel_configs.filter(({ target_label }) => target_label === 'version');

interface Version {
  odoo: Odoo;
  /** Its address for this test. */
  url: string;
  metrics: string;
}

(here ? describe : describe.skip)('the Odoo add-on, counted by a real Odoo and read from a real Prometheus', () => {
  const folder = mkdtempSync(join(tmpdir(), 'addons-'));
  let bed: Bed;
  let retail: Retail;
  let prometheus: Prometheus;
  let database: string;
  const versions: Record<string, Version> = {};

  async function start(name: string, host: string, workers: number, more: string[] = []): Promise<void> {
    const { file, args } = bed.inside('env', []);
    const odoo = await startOdoo({
      retail,
      database,
      workers,
      addons: [ADDON, folder],
      args: ['--load=base,rpc,web,tillgate_metrics,tillgate_release', ...more],
      env: { TILLGATE_VERSION: name, TILLGATE_METRICS_ADDRESS: host },
      enter: [file, ...args],
      listen: { host, port: 8069 },
    });
    const open = async (port: number) => `http://127.0.0.1:${await bed.open(port, host)}`;
    versions[name] = { odoo, url: await open(8069), metrics: `${await open(9109)}/metrics` };
  }

  beforeAll(async () => {
    const module = join(folder, 'tillgate_release');
    mkdirSync(module);
    writeFileSync(
      join(module, '__manifest__.py'),
      "{'name': 'Release', 'version': '19.0.1.0.0', 'depends': ['base']}\n",
    );
    writeFileSync(join(module, '__init__.py'), RELEASE);
    [retail, bed] = await Promise.all([startRetail(), makeBed()]);
    database = await retail.clone();
    await start('good', HOSTS.good, 2);
    await start('bad', HOSTS.bad, 0);
    prometheus = await startPrometheus({
      bed,
      intervalSeconds: 1,
      scrape: Object.entries(HOSTS).map(([name, host]) => ({
        job: `odoo-${name}`,
        targets: [`${host}:9109`],
        // As the discovery of pods tells it, and made a label by the rule that the add-on's page gives.
        labels: { __meta_kubernetes_pod_container_image: `registry.test/odoo@${DIGESTS[name]}` },
        relabel: RELABEL ?? [],
      })),
    });
    await until('both are scraped', async () => (await prometheus.query('up == 1')).length === 2);
  }, 600_000);
  afterAll(async () => {
    for (const { odoo } of Object.values(versions)) await odoo.stop();
    await bed?.end();
    await retail?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (name: string) => versions[name] as Version;
  const post = (name: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${at(name).url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const json2 = (name: string, model: string, method: string, body: object = {}) =>
    post(name, `/json/2/${model}/${method}`, body, {
      authorization: `bearer ${retail.template.apiKey}`,
      'x-odoo-database': database,
    });
  const rpc = (name: string, path: string, params: object, cookie = '') =>
    post(name, path, { jsonrpc: '2.0', id: 1, method: 'call', params }, { cookie });
  const button = (name: string, how: string, cookie: string) =>
    rpc(
      name,
      '/web/dataset/call_kw/res.partner/tillgate_try',
      { model: 'res.partner', method: 'tillgate_try', args: [], kwargs: { how } },
      cookie,
    );
  const login = async (name: string) => {
    const answer = await rpc(name, '/web/session/authenticate', { db: database, login: 'admin', password: 'admin' });
    return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  };
  /** One counter as the add-on tells it: sums by the labels that are named. */
  const counted = async (name: string, metric: string, ...labels: string[]) => {
    const text = await (await fetch(at(name).metrics)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(`${metric}{`));
    const value = (line: string, label: string) => new RegExp(`[{,]${label}="([^"]*)"`).exec(line)?.[1];
    const sums = new Map<string, number>();
    for (const line of lines) {
      const key = labels.map((label) => value(line, label)).join(' ');
      sums.set(key, (sums.get(key) ?? 0) + Number(line.split(' ').at(-1)));
    }
    return sums;
  };

  it('tells apart what the server did wrong and what it refused, over every way to call it', async () => {
    const before = await counted('good', 'odoo_calls_total', 'model', 'method', 'outcome');
    const cookie = await login('good');
    const statuses: number[] = [];
    const seen = async (answer: Promise<Response>) => {
      const { status } = await answer;
      statuses.push(status);
    };
    // The web client: all of these are answered with status 200.
    for (const how of ['well', 'refused', 'forbidden', 'crash']) await seen(button('good', how, cookie));
    await seen(button('good', 'well', 'session_id=of-yesterday'));
    const external = (db: string, how: string) =>
      rpc('good', '/jsonrpc', {
        service: 'object',
        method: 'execute_kw',
        args: [db, 2, retail.template.apiKey, 'res.partner', 'tillgate_try', [how]],
      });
    for (const how of ['well', 'refused', 'crash']) await seen(external(database, how));
    await seen(external('made"up\n', 'well'));
    expect(new Set(statuses)).toEqual(new Set([200]));
    for (const how of ['well', 'refused', 'crash']) await json2('good', 'res.partner', 'tillgate_try', { how });
    await json2('good', 'res.partner', 'made_up');
    await json2('good', 'made.up', 'search');
    await fetch(`${at('good').url}/web/login`);
    await fetch(`${at('good').url}/web/health`);
    await fetch(`${at('good').url}/websocket`);
    const after = await until('all is counted', async () => {
      const now = await counted('good', 'odoo_calls_total', 'model', 'method', 'outcome');
      return now.has(' /web/login ok') && now;
    });
    const grown = [...after].map(([labels, value]) => [labels, value - (before.get(labels) ?? 0)]);
    expect(Object.fromEntries(grown)).toEqual({
      ' /web/session/authenticate ok': 1,
      'res.partner tillgate_try ok': 3,
      'res.partner tillgate_try user_error': 3,
      'res.partner tillgate_try access_error': 1,
      'res.partner tillgate_try error': 3,
      '(unknown) (unknown) session_expired': 1,
      '(unknown) (unknown) missing': 2,
      'res.partner (unknown) missing': 1,
      ' /web/login ok': 1,
    });
    expect(await counted('good', 'odoo_sessions_total', 'database')).toEqual(new Map([[database, 1]]));
    const text = await (await fetch(at('good').metrics)).text();
    expect(text).toContain('odoo_metrics_lost_total'); // its HELP; there is no value
    expect(await counted('good', 'odoo_metrics_lost_total')).toEqual(new Map());
    // Nothing of a person, nothing that a caller has made up.
    expect(text).not.toMatch(/admin|made|of-yesterday/);
  });

  it('adds up what several workers did, and counts what one did not finish because it was killed', async () => {
    const total = async (outcome: string) =>
      (await counted('good', 'odoo_requests_total', 'outcome')).get(outcome) ?? 0;
    const [ok, workers] = [await total('ok'), new Set<string>()];
    await Promise.all(Array.from({ length: 60 }, () => json2('good', 'res.partner', 'tillgate_try')));
    for (const line of readFileSync(at('good').odoo.log, 'utf8').split('\n')) {
      if (line.includes('tillgate_try')) workers.add(line.split(' ')[2] ?? '');
    }
    expect(workers.size).toBeGreaterThan(1);
    await until('60 more', async () => (await total('ok')) === ok + 60);
    await expect(json2('good', 'res.partner', 'tillgate_try', { how: 'killed' })).rejects.toThrow();
    await until('it is known to be killed', async () => (await total('killed')) === 1);
    // Its successor goes on, and counts do not begin anew.
    await until('a worker answers', async () => (await json2('good', 'res.partner', 'tillgate_try')).ok);
    expect(await total('ok')).toBeGreaterThan(ok + 60);
  });

  it('lets a release be found that fails behind status 200', async () => {
    const settings = loadPolicy(
      Buffer.from(`extends: preset:odoo-retail
analysis:
  window: 2s
  settle: 1s
  patience: 10s
  warmUp: 1s
  minimum: { time: 2s, sessions: 1 }
  dispersion: { assumed: 1 }
`),
    ).policy.analysis;
    const { plan, readings, timing } = analysisOf(settings, {
      candidate: DIGESTS.bad as string,
      stable: DIGESTS.good as string,
    });
    const client = prometheusClient({ address: prometheus.outside });
    // What the tests before did wrong on purpose lies before the release: it begins once Prometheus has seen that.
    await until('the killed request was scraped', async () => {
      const query = new URL(`${prometheus.outside}/api/v1/query`);
      query.searchParams.set('query', 'sum(odoo_requests_total{outcome="killed"})');
      const { data } = (await (await fetch(query)).json()) as { data: { result: { value: [number, string] }[] } };
      return data.result[0]?.value[1] === '1';
    });
    let state = beginAnalysis(plan, Math.ceil(Date.now() / 2000) * 2000);
    await until('it has begun', async () => Date.now() > state.cursor);
    const cookies = { good: await login('good'), bad: await login('bad') };
    const faults = new Set<string>();
    const wrong: number[] = [];
    const decision = await until('it is decided', async () => {
      for (let round = 0; round < 10; round++) {
        for (const name of ['good', 'bad'] as const) {
          const answer = await button(name, 'well', cookies[name]);
          if (answer.status !== 200) wrong.push(answer.status);
          await answer.text();
        }
      }
      const read = await readWindows(client, readings, state.cursor, systemClock, timing);
      for (const { metric, message } of read.faults) faults.add(`${metric}: ${message}`);
      state = fold(plan, state, read.windows);
      const now = decide(plan, state, { faults: read.faults });
      return now.outcome === 'fail' && now;
    });
    expect(wrong).toEqual([]); // a proxy has seen nothing but 200
    expect([...faults]).toEqual([]);
    expect(decision.reasons).toHaveLength(1);
    expect(decision.reasons[0]).toMatch(
      new RegExp(`^errors: .* requests failed on the candidate, 0 % .* affected: ${database}; .*Failed at`),
    );
    expect(state.sessions).toBe(1);
  });

  it('counts minutes of sessions: with an error in them, or without', async () => {
    const minutes = (name: string) => counted(name, 'odoo_session_minutes_total', 'outcome');
    await until(
      'the minute is over',
      async () => (await minutes('good')).size > 0 && (await minutes('bad')).size > 0,
      90_000,
    );
    // Two sessions of good, the first of which has had an error; one of bad, which had dozens: still a minute or two.
    const [good, bad] = [await minutes('good'), await minutes('bad')];
    expect(good.get('error')).toBe(1);
    expect(good.get('ok')).toBeGreaterThanOrEqual(1);
    expect(bad.get('error')).toBeGreaterThanOrEqual(1);
    expect(bad.get('error')).toBeLessThanOrEqual(3);
  });

  describe('scheduled jobs', () => {
    const jobs: Record<string, number> = {};
    const sql = (statement: string) => retail.postgres.psql(statement, database);
    /** Odoo looks at once instead of waiting for a minute. */
    const wake = () => retail.postgres.psql(`NOTIFY cron_trigger, '${database}'`);
    const due = async (...hows: string[]) => {
      for (const how of hows) {
        const ago = "now() at time zone 'utc' - interval '1 minute'";
        await sql(`UPDATE ir_cron SET nextcall = ${ago}, lastcall = NULL WHERE id = ${jobs[how]}`);
      }
      await wake();
    };
    const ran = (how: string) =>
      until(`it ran: ${how}`, async () => (await sql(`SELECT lastcall FROM ir_cron WHERE id = ${jobs[how]}`)) !== '');
    const looks = async (name: string) => (await counted(name, 'odoo_job_looks_total', 'version')).get(name);
    const outcomes = async (name: string) =>
      Object.fromEntries(await counted(name, 'odoo_jobs_total', 'database', 'outcome'));

    beforeAll(async () => {
      const found = async (model: string, domain: unknown[]) =>
        ((await (await json2('good', model, 'search', { domain })).json()) as number[])[0];
      const partner = await found('ir.model', [['model', '=', 'res.partner']]);
      const archived = await found('res.users', [
        ['login', '=', 'public'],
        ['active', '=', false],
      ]);
      const when = { interval_type: 'days', nextcall: '2999-01-01 00:00:00' };
      const hows = ['well', 'crash', 'in part', 'archived', 'killed', 'exporter killed'];
      const vals_list = hows.map((how) => ({
        ...{ name: how, model_id: partner, state: 'code', code: `model.tillgate_try('${how}')`, ...when },
        ...(how === 'archived' && { user_id: archived }),
      }));
      const ids = (await (await json2('good', 'ir.cron', 'create', { vals_list })).json()) as number[];
      for (const [index, id] of ids.entries()) jobs[hows[index] as string] = id;
    });

    it.each([
      // One of them as a pod that is there for jobs alone.
      { by: 'workers', host: '10.244.255.23', workers: 1, more: ['--no-http'] },
      { by: 'threads', host: '10.244.255.24', workers: 0, more: [] },
    ])('are counted by what became of them, and looks for them too: $by', async ({ by, host, workers, more }) => {
      await start(by, host, workers, ['--max-cron-threads=1', ...more]);
      try {
        expect(await until('it is told before anybody has looked', () => looks(by))).toBe(0);
        await until('it listens', async () => {
          const listens = `SELECT count(*) FROM pg_stat_activity
            WHERE application_name LIKE 'odoo-%' AND datname = 'postgres' AND query = 'COMMIT'`;
          return (await retail.postgres.psql(listens)) === '1';
        });
        await wake();
        await until('it has looked', async () => (await looks(by)) === 1);
        expect(await outcomes(by)).toEqual({});

        await due('well', 'crash', 'in part', 'archived');
        const all = { [`${database} ok`]: 1, [`${database} error`]: 3 };
        await until('all have run', async () => (await outcomes(by))[`${database} error`] === 3);
        expect(await outcomes(by)).toEqual(all);
        expect(await looks(by)).toBe(2);

        // Nobody's look: Odoo turns away from a database of another version, and from one that waits for an upgrade.
        const log = (words: string) => until(words, () => readFileSync(at(by).odoo.log, 'utf8').includes(words));
        const version = await sql("SELECT latest_version FROM ir_module_module WHERE name = 'base'");
        await sql("UPDATE ir_module_module SET latest_version = '19.0.99.0' WHERE name = 'base'");
        await due('well');
        await log('as its base version is not');
        await sql(`UPDATE ir_module_module SET latest_version = '${version}' WHERE name = 'base'`);
        await sql("UPDATE ir_module_module SET state = 'to upgrade' WHERE name = 'web'");
        await wake();
        await log('because of modules to install/upgrade/remove');
        await sql("UPDATE ir_module_module SET state = 'installed' WHERE name = 'web'");
        await wake();
        await until('it ran at last', async () => (await outcomes(by))[`${database} ok`] === 2);
        expect(await looks(by)).toBe(3);

        if (workers > 0) {
          await due('killed');
          await until('it is known to be killed', async () => (await outcomes(by))[`${database} killed`] === 1);
          await sql(`UPDATE ir_cron SET active = false WHERE id = ${jobs.killed}`);
          await until('another worker listens', async () => {
            await wake();
            return ((await looks(by)) as number) > 4;
          });
        }
        // Where nothing can be counted any more, jobs run as before.
        await due('exporter killed');
        await ran('exporter killed');
        await due('well');
        await ran('well');
        expect(readFileSync(at(by).odoo.log, 'utf8')).not.toContain('was not counted');
      } finally {
        await at(by).odoo.stop();
        delete versions[by];
      }
    });

    it('are not looked for with --max-cron-threads=0, which is told as 0; by hand one is no scheduled job', async () => {
      const answer = await json2('good', 'ir.cron', 'method_direct_trigger', { ids: [jobs.well] });
      expect([answer.status, await answer.json()]).toEqual([200, true]);
      for (const name of ['good', 'bad']) {
        expect(await looks(name)).toBe(0);
        expect(await outcomes(name)).toEqual({});
      }
    });
  });

  it('answers requests as before when its exporter has died, says so once, and is down for Prometheus', async () => {
    expect((await json2('good', 'res.partner', 'tillgate_try', { how: 'exporter killed' })).status).toBe(200);
    await until('the target is down', async () => (await prometheus.query('up{job="odoo-good"} == 0')).length === 1);
    for (let call = 0; call < 20; call++) {
      expect(await (await json2('good', 'res.partner', 'tillgate_try')).json()).toBe('well');
    }
    const log = readFileSync(at('good').odoo.log, 'utf8');
    const said = log.split('\n').filter((line) => line.includes('Calls are not counted any more'));
    expect(said.length).toBeGreaterThanOrEqual(1);
    expect(said.length).toBeLessThanOrEqual(4); // once a worker: two, and those that came after one was killed
    expect(log).not.toContain('was not counted');
  });
});
