export { measurePostgres } from './measure.ts';
export {
  type ArchivingPostgres,
  type Backups,
  type Postgres,
  type PostgresOptions,
  startPostgres,
} from './postgres.ts';
export type { RestoreRequest } from './repository.ts';
export { PostgresError } from './tools.ts';
