import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Client, OdooError } from '@tillgate/odoo';
import { LEASE_MS, LockError, lock } from './lock.ts';

const MINUTE = 60_000;

/** System parameters as Odoo has them: a key is there once. */
function parameters() {
  const rows = new Map<number, { id: number; key: string; value: string }>();
  let [next, away] = [1, false];
  const call = async (_: string, method: string, args: Record<string, unknown> = {}): Promise<unknown> => {
    if (away) throw new OdooError('network', 'no connection');
    const [id = 0] = (args.ids ?? []) as number[];
    if (method === 'search_read') return [...rows.values()];
    if (method === 'unlink') return rows.delete(id);
    if (method === 'write') return Object.assign(rows.get(id) ?? {}, args.vals);
    const [values] = args.vals_list as [{ key: string; value: string }];
    if (rows.size > 0) throw new OdooError('refused', 'Key must be unique.');
    rows.set(next, { id: next, ...values });
    next += 1;
    return [next - 1];
  };
  const client = { call, close: () => undefined } as unknown as Client;
  return {
    client,
    rows,
    goAway: (gone: boolean): void => {
      away = gone;
    },
  };
}

describe('the lock of a database', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  const until = (rows: Map<number, { value: string }>) => Number([...rows.values()][0]?.value.split(' ')[1]);

  it('is renewed for as long as its run lives, however long that is', async () => {
    const { client, rows } = parameters();
    const release = await lock(client, 'a', Date.now);
    await jest.advanceTimersByTimeAsync(45 * MINUTE);
    expect(until(rows)).toBe(Date.now() + LEASE_MS);
    await expect(lock(client, 'b', Date.now)).rejects.toThrow(LockError);
    await release();
    expect(rows.size).toBe(0);
    await jest.advanceTimersByTimeAsync(5 * MINUTE);
    expect(rows.size).toBe(0);
  });

  it('of a run that was killed is taken over after one lease, and not before', async () => {
    const { client, rows } = parameters();
    await lock(client, 'a', Date.now);
    jest.clearAllTimers(); // the run is dead
    await jest.advanceTimersByTimeAsync(LEASE_MS - 1);
    await expect(lock(client, 'b', Date.now)).rejects.toThrow('Run a is at work in this database');
    await jest.advanceTimersByTimeAsync(1);
    await lock(client, 'b', Date.now);
    expect([...rows.values()].map(({ value }) => value.split(' ')[0])).toEqual(['b']);
  });

  it('that became another run’s is told as lost, and not given back', async () => {
    const { client, rows } = parameters();
    const lost: string[] = [];
    const release = await lock(client, 'a', Date.now, ({ message }) => lost.push(message));
    const [row] = rows.values();
    Object.assign(row as object, { value: `b ${Date.now() + LEASE_MS}` });
    await jest.advanceTimersByTimeAsync(3 * MINUTE);
    expect(lost).toEqual([expect.stringMatching(/lost: Another run has taken the database/)]);
    await release();
    expect(rows.size).toBe(1);
  });

  it('outlives a server that is away for a moment, and is lost with one that stays away', async () => {
    const { client, rows, goAway } = parameters();
    const lost: string[] = [];
    await lock(client, 'a', Date.now, ({ message }) => lost.push(message));
    goAway(true);
    await jest.advanceTimersByTimeAsync(2 * MINUTE);
    goAway(false);
    await jest.advanceTimersByTimeAsync(MINUTE);
    expect([lost, until(rows)]).toEqual([[], Date.now() + LEASE_MS]);
    goAway(true);
    await jest.advanceTimersByTimeAsync(LEASE_MS + MINUTE);
    expect(lost).toEqual([expect.stringMatching(/lost: no connection/)]);
  });
});
