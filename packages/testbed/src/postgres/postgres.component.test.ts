import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog, systemPrograms } from '@tillgate/host';
import { need } from '../require.ts';
import { type ArchivingPostgres, type Postgres, startPostgres } from './index.ts';

const tools = await need('postgresql', 'pgbackrest');

/** What PostgreSQL's own program reads from a cluster's control file. */
async function controlData(postgres: Postgres): Promise<{ identifier: string; complaints: string }> {
  const ended = await systemPrograms(silentLog).run(await postgres.program('pg_controldata'), ['-D', postgres.data], {
    env: postgres.env,
    cwd: '/',
    timeoutMs: 30_000,
  });
  const identifier = /system identifier:\s+(\d+)/.exec(ended.stdout)?.[1] ?? '';
  return { identifier, complaints: /WARNING.*/.exec(ended.stdout + ended.stderr)?.[0] ?? '' };
}

(tools ? describe : describe.skip)('two clusters side by side', () => {
  let one: Postgres;
  let other: Postgres;
  beforeAll(async () => {
    [one, other] = await Promise.all([startPostgres(), startPostgres({ settings: { work_mem: '7MB' } })]);
  });
  afterAll(async () => {
    await Promise.all([one?.stop(), other?.stop()]);
  });

  it('share no port, folder or data', async () => {
    expect(one.port).not.toBe(other.port);
    expect(one.data).not.toBe(other.data);
    await one.psql('CREATE TABLE only_here (n int)');
    await expect(other.psql('SELECT * FROM only_here')).rejects.toThrow('relation "only_here" does not exist');
  });

  it('have system identifiers of their own, in control files that PostgreSQL accepts', async () => {
    const [first, second] = [await controlData(one), await controlData(other)];
    expect(first.identifier).toMatch(/^\d{19}$/);
    expect(first.identifier).not.toBe(second.identifier);
    expect([first.complaints, second.complaints]).toEqual(['', '']);
  });

  it('take settings', async () => {
    expect(await other.psql('SHOW work_mem')).toBe('7MB');
    expect(await other.psql('SHOW data_checksums')).toBe('on');
  });

  it('copy databases under names of their own', async () => {
    const original = await one.createDatabase();
    await one.psql("CREATE TABLE shop AS SELECT 'Ödenwald' AS name", original);
    const [copy, second] = [
      await one.createDatabase({ template: original }),
      await one.createDatabase({ template: original }),
    ];
    await one.psql("UPDATE shop SET name = 'changed'", copy);
    expect(await one.psql('SELECT name FROM shop', second)).toBe('Ödenwald');
    await one.dropDatabase(copy);
    expect(await one.psql(`SELECT count(*) FROM pg_database WHERE datname = '${copy}'`)).toBe('0');
  });

  it('ask for the password over TCP', async () => {
    const ask = async (url: string) =>
      systemPrograms(silentLog).run(await one.program('psql'), ['-XAtc', 'SELECT 1', url], {
        env: { ...one.env, PGHOST: '127.0.0.1' },
        cwd: '/',
        timeoutMs: 30_000,
      });
    expect((await ask(one.url)).stdout).toBe('1\n');
    const refused = await ask(one.url.replace(/:[0-9a-f]{32}@/, ':wrong@'));
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain('password authentication failed');
  });
});

(tools ? describe : describe.skip)('a cluster with a pgBackRest repository', () => {
  let production: ArchivingPostgres;
  beforeAll(async () => {
    production = await startPostgres({ archive: true });
  });
  afterAll(async () => {
    await production?.stop();
  });

  it('comes back to a point in time, up to the last heartbeat before it', async () => {
    const beat = (n: number) => production.psql(`INSERT INTO heartbeat VALUES (${n})`);
    await production.psql('CREATE TABLE heartbeat (n int PRIMARY KEY, at timestamptz DEFAULT clock_timestamp())');
    await beat(1);
    const label = await production.backups.take('full');
    expect(label).toMatch(/^\d{8}-\d{6}F$/);
    await beat(2);
    const target = await production.psql('SELECT clock_timestamp()');
    await beat(3);
    await production.backups.archiveNow();

    const restored = await production.backups.restore({ target });
    try {
      expect(await restored.psql('SELECT max(n) FROM heartbeat')).toBe('2');
      expect(await restored.psql('SHOW archive_mode')).toBe('off');
      expect(await restored.psql('SELECT system_identifier FROM pg_control_system()')).toBe(
        await production.psql('SELECT system_identifier FROM pg_control_system()'),
      );
      expect(await production.psql('SELECT max(n) FROM heartbeat')).toBe('3');
    } finally {
      await restored.stop();
    }
  });

  it('says with the log of the server why a target cannot be reached', async () => {
    const target = '2036-01-01 00:00:00+00';
    await expect(production.backups.restore({ target })).rejects.toThrow(
      'recovery ended before configured recovery target was reached',
    );
  });
});
