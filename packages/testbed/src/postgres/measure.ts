import { memoryMiB, timed } from '../runs/index.ts';
import { type Postgres, startPostgres } from './postgres.ts';

/** Starts a cluster, a second one beside it that archives, backs that up and restores it. One round of each. */
export async function measurePostgres(): Promise<Record<string, number>> {
  await (await startPostgres()).stop(); // the template is made before anything is timed
  const clusters: Postgres[] = [];
  const keep = <P extends Postgres>(postgres: P): P => {
    clusters.push(postgres);
    return postgres;
  };
  try {
    const [, start] = await timed(async () => keep(await startPostgres()));
    const memory = await memoryMiB('postgres');
    const [archiving, startArchiving] = await timed(async () => keep(await startPostgres({ archive: true })));
    await archiving.psql('CREATE TABLE heartbeat AS SELECT clock_timestamp() AS at');
    const { backups } = archiving;
    const [, backup] = await timed(() => backups.take());
    const target = await archiving.psql('SELECT clock_timestamp()');
    await archiving.psql('INSERT INTO heartbeat SELECT clock_timestamp()');
    await backups.archiveNow();
    const [, restore] = await timed(async () => keep(await backups.restore({ target })));
    return {
      postgres_start_ms: start,
      postgres_memory_mib: memory,
      postgres_start_archiving_ms: startArchiving,
      postgres_full_backup_ms: backup,
      postgres_restore_to_time_ms: restore,
    };
  } finally {
    await Promise.all(clusters.map((each) => each.stop()));
  }
}
