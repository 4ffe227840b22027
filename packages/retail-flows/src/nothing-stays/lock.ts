import { type Client, OdooError } from '@tillgate/odoo';

const KEY = 'tillgate.smoke.lock';

/** A lock that was not renewed for so long is a dead run's. */
export const LEASE_MS = 5 * 60_000;
/** How often a run that lives renews its lock. */
const RENEW_MS = 60_000;

/** Raised when another run is at work in the same database. */
export class LockError extends Error {
  override readonly name = 'LockError';
}

/**
 * Takes the database for one run: keys of system parameters are unique, so that of two runs that create
 * the same one, PostgreSQL lets only one. The lock is a lease, renewed until it is given back: a run that was
 * killed stands in nobody's way for longer than that. Returns what gives it back.
 *
 * @param now present time in milliseconds
 * @param lost called once if the lock became another's, because this run was not heard of for a whole lease
 * @throws LockError, OdooError
 */
export async function lock(
  client: Client,
  run: string,
  now: () => number,
  lost: (reason: LockError) => void = () => undefined,
): Promise<() => Promise<void>> {
  const value = () => `${run} ${now() + LEASE_MS}`;
  const held = await holder(client);
  if (held) {
    const until = Number(held.value.split(' ')[1]);
    if (until > now()) throw busy(held.value, until);
    await client.call('ir.config_parameter', 'unlink', { ids: [held.id] });
  }
  try {
    await client.call('ir.config_parameter', 'create', { vals_list: [{ key: KEY, value: value() }] });
  } catch (cause) {
    if (cause instanceof OdooError && cause.reason === 'refused') throw busy('another run', now() + LEASE_MS);
    throw cause;
  }
  let until = now() + LEASE_MS;
  const mine = async () => {
    const present = await holder(client);
    return present?.value.startsWith(`${run} `) ? present : undefined;
  };
  const renew = async () => {
    const present = await mine();
    if (!present) throw new LockError('Another run has taken the database, since this one was not heard of.');
    const renewed = value();
    await client.call('ir.config_parameter', 'write', { ids: [present.id], vals: { value: renewed } });
    until = now() + LEASE_MS;
  };
  const timer = setInterval(() => {
    renew().catch((cause) => {
      // A call that failed is tried again in a minute; the lease is longer than that.
      if (!(cause instanceof LockError) && now() < until) return;
      clearInterval(timer);
      lost(new LockError(`The lock of this run is lost: ${(cause as Error).message}`));
    });
  }, RENEW_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    const present = await mine();
    if (present) await client.call('ir.config_parameter', 'unlink', { ids: [present.id] });
  };
}

async function holder(client: Client): Promise<{ id: number; value: string } | undefined> {
  const rows = await client.call('ir.config_parameter', 'search_read', {
    domain: [['key', '=', KEY]],
    fields: ['value'],
  });
  return (rows as { id: number; value: string }[])[0];
}

function busy(value: string, until: number): LockError {
  return new LockError(
    `Run ${value.split(' ')[0]} is at work in this database; two would disturb each other. Wait for it; if it was killed, its lock ends at ${new Date(until).toISOString()}.`,
  );
}
