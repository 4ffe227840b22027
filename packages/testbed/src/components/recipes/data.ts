import type { Recipe } from '../recipe.ts';
import { versions } from '../versions.ts';

/** What keeps data and takes it back. */
export const dataRecipes = [
  {
    name: 'postgresql',
    about: 'the database server with its client tools',
    kind: 'debian',
    packages: [`postgresql-${versions.postgresql}`, `postgresql-client-${versions.postgresql}`],
    folders: [`usr/lib/postgresql/${versions.postgresql}/bin`],
    version: versions.postgresql,
    accepts: `${versions.postgresql}.x`,
    program: 'postgres',
    versionArgs: ['--version'],
  },
  {
    name: 'pgbackrest',
    about: 'backs PostgreSQL up, WAL included',
    kind: 'debian',
    packages: ['pgbackrest'],
    version: versions.pgbackrest,
    accepts: '>=2.44.0',
    program: 'pgbackrest',
    versionArgs: ['version'],
  },
  {
    name: 'restic',
    about: 'backs files up',
    kind: 'debian',
    packages: ['restic'],
    version: versions.restic,
    accepts: '>=0.14.0',
    program: 'restic',
    versionArgs: ['version'],
  },
  {
    name: 'redis',
    about: 'sessions and queues',
    kind: 'debian',
    packages: ['redis-server'],
    version: versions.redis,
    accepts: '>=7.0.0',
    program: 'redis-server',
    versionArgs: ['--version'],
  },
  {
    name: 'bubblewrap',
    about: 'gives Odoo a root of its own, for root and for everyone else',
    kind: 'debian',
    packages: ['bubblewrap'],
    version: versions.bubblewrap,
    accepts: '>=0.6.0',
    program: 'bwrap',
    versionArgs: ['--version'],
  },
] as const satisfies readonly Recipe[];
