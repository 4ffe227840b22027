import { type Client, OdooError } from '@tillgate/odoo';

const KEY = 'tillgate.smoke.lock';

/** After this long a lock is a dead run's: longer than the action may take. */
const EXPIRES_MS = 45 * 60_000;

/** Raised when another run is at work in the same database. */
export class LockError extends Error {
  override readonly name = 'LockError';
}

/**
 * Takes the database for one run: keys of system parameters are unique, so that of two runs that create
 * the same one, PostgreSQL lets only one. Returns what gives it back.
 *
 * @throws LockError, OdooError
 */
export async function lock(client: Client, run: string, now: number): Promise<() => Promise<void>> {
  const holder = async () => {
    const rows = await client.call('ir.config_parameter', 'search_read', {
      domain: [['key', '=', KEY]],
      fields: ['value'],
    });
    return (rows as { id: number; value: string }[])[0];
  };
  const remove = (id: number) => client.call('ir.config_parameter', 'unlink', { ids: [id] });
  const held = await holder();
  if (held) {
    const until = Number(held.value.split(' ')[1]);
    if (until > now) throw busy(held.value, until);
    await remove(held.id);
  }
  try {
    await client.call('ir.config_parameter', 'create', {
      vals_list: [{ key: KEY, value: `${run} ${now + EXPIRES_MS}` }],
    });
  } catch (cause) {
    if (cause instanceof OdooError && cause.reason === 'refused') throw busy('another run', now + EXPIRES_MS);
    throw cause;
  }
  return async () => {
    const mine = await holder();
    if (mine?.value.startsWith(`${run} `)) await remove(mine.id);
  };
}

function busy(value: string, until: number): LockError {
  return new LockError(
    `Run ${value.split(' ')[0]} is at work in this database; two would disturb each other. Wait for it; if it was killed, its lock ends at ${new Date(until).toISOString()}.`,
  );
}
