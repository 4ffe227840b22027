import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Plan } from '../plan.ts';
import { Refused, type Store, Superseded } from '../ports.ts';
import { STATUS_LIMIT } from '../schema/status.ts';
import type { Command } from '../seen.ts';
import type { Status } from '../status.ts';

/** A place where a status can lie, as several processes see it. */
interface StorePlace {
  plan: Plan;
  /** As a process of that name sees it: the same place for all of them. */
  open(who: string): Store;
  /** A status of the plan that has not begun, under this epoch. */
  fresh(epoch: number): Status;
  /** What somebody on call does with kubectl. */
  command(word: Command['word'], by: string): Promise<void>;
  /** Lets so much time pass. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** What every store must do. Run over the one in memory, and over every real one. */
export function storeContract(name: string, make: () => Promise<StorePlace>): void {
  describe(`the store ${name}`, () => {
    let place: StorePlace;
    let [ours, theirs]: Store[] = [];
    beforeEach(async () => {
      place = await make();
      [ours, theirs] = [place.open('ours'), place.open('theirs')];
    });
    afterEach(() => place.close());
    const us = () => ours as Store;
    const them = () => theirs as Store;
    const found = async (store: Store) => {
      const loaded = await store.load();
      if (!loaded.found) throw new Error('There is no status.');
      return loaded.found;
    };

    it('is empty at first, and tells the time', async () => {
      const before = await us().load();
      expect(before).toEqual({ at: expect.any(Number), found: undefined, commands: [] });
      await place.pass(2_000);
      expect((await us().load()).at - before.at).toBeGreaterThanOrEqual(1_000);
    });

    it('gives back what was written, to everybody', async () => {
      const status = place.fresh(1);
      const created = await us().create(status);
      expect(created.status).toEqual(status);
      expect(await found(them())).toEqual(created);
    });

    it('takes no second status beside one that has not ended', async () => {
      await us().create(place.fresh(1));
      await expect(them().create({ ...place.fresh(2), startedAt: 5 })).rejects.toThrow(Superseded);
      expect((await found(us())).status).toEqual(place.fresh(1));
    });

    it('takes a new one after one that has ended, without the words that were meant for that', async () => {
      await us().create(ended(place.fresh(1)));
      await place.command('abort', 'ada');
      await them().create(place.fresh(2));
      const { commands, found: now } = await us().load();
      expect([commands, now?.status]).toEqual([[], place.fresh(2)]);
    });

    it('writes over the version that was read, and over no other', async () => {
      const first = await us().create(place.fresh(1));
      const second = await us().commit({ ...first, status: { ...first.status, epoch: 2 } });
      expect(second.version).not.toBe(first.version);
      const stale = { version: first.version, status: { ...first.status, epoch: 2, heard: ['stale'] } };
      await expect(them().commit(stale)).rejects.toThrow(Superseded);
      expect(await found(them())).toEqual(second);
    });

    it('lets the later of two takers win whole, and the other one know', async () => {
      const { version } = await us().create(place.fresh(1));
      const results = await Promise.allSettled([
        us().commit({ version, status: { ...place.fresh(2), heard: ['ours'] } }),
        them().commit({ version, status: { ...place.fresh(2), heard: ['theirs'] } }),
      ]);
      const won = results.filter(({ status }) => status === 'fulfilled');
      const lost = results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
      expect([won.length, lost.length, lost[0]]).toEqual([1, 1, expect.any(Superseded)]);
    });

    it('hands on what people say: the word, who said it, and the same name for it as long as it stands', async () => {
      const { status, version } = await us().create(place.fresh(1));
      await place.command('pause', 'ada: the phones are ringing');
      const [command] = (await us().load()).commands;
      expect(command).toMatchObject({ word: 'pause', by: expect.stringContaining('ada: the phones are ringing') });
      expect((await them().load()).commands[0]?.id).toBe(command?.id);
      // What people say does not stop who drives: the status is as it was.
      await us().commit({ version: (await found(us())).version, status: { ...status, heard: ['x'] } });
      await place.pass(1_100);
      await place.command('resume', 'ada');
      expect((await us().load()).commands.map(({ word }) => word)).toEqual(['resume']);
      expect((await us().load()).commands[0]?.id).not.toBe(command?.id);
      expect(version).toBeDefined();
    });

    it('hears the same word again once it was carried out: what was heard no longer lies there', async () => {
      const { status } = await us().create(place.fresh(1));
      await place.command('resume', 'ada');
      const [first] = (await us().load()).commands;
      const heard = [first?.id ?? ''];
      await us().commit({ version: (await found(us())).version, status: { ...status, heard } });
      expect((await them().load()).commands).toEqual([]);
      await place.pass(1_100);
      await place.command('resume', 'ada');
      const [second] = (await us().load()).commands;
      expect(second).toMatchObject({ word: 'resume' });
      expect(heard).not.toContain(second?.id);
    });

    it('keeps a word that was said while another one was carried out', async () => {
      await us().create(place.fresh(1));
      await place.command('pause', 'ada');
      const [first] = (await us().load()).commands;
      const { status, version } = await found(us());
      await place.pass(1_100);
      await place.command('abort', 'ada');
      await us()
        .commit({ version, status: { ...status, heard: [first?.id ?? ''] } })
        .catch(async (cause) => {
          if (!(cause instanceof Superseded)) throw cause; // whoever drives reads again, and writes then
          await us().commit({ ...(await found(us())), status: { ...status, heard: [first?.id ?? ''] } });
        });
      expect((await them().load()).commands.map(({ word }) => word)).toEqual(['abort']);
    });

    it('tells at once what is said, and who takes it, and nothing that its driver writes', async () => {
      const { status, version } = await us().create(place.fresh(1));
      const stopping = new AbortController();
      let times = 0;
      const told = async (often: number) => {
        for (let tries = 0; times < often && tries < 100; tries++) await place.pass(100);
        expect(times).toBe(often);
      };
      const listening = us().listen(() => times++, stopping.signal);
      await told(1); // it has begun
      await us().commit({ version, status: { ...status, heard: ['x'] } });
      await place.command('pause', 'ada');
      await told(2);
      await them().commit({ ...(await found(them())), status: place.fresh(2) });
      await told(3);
      stopping.abort();
      await listening;
      await place.command('resume', 'ada');
      await told(3);
    });

    it('knows who holds a delivery, until they let go', async () => {
      await us().create(place.fresh(1));
      expect(await them().holder()).toBeUndefined();
      await us().renew(1);
      const { at } = await them().load();
      const holder = await them().holder();
      expect(holder?.who).toContain('ours');
      expect(holder?.until).toBeGreaterThan(at);
      expect(await us().holder()).toBeUndefined();
      await us().release(1);
      expect(await them().holder()).toBeUndefined();
    });

    it('lets nobody renew whose epoch is over', async () => {
      await us().create(place.fresh(1));
      await us().renew(1);
      await them().renew(2);
      await expect(us().renew(1)).rejects.toThrow(Superseded);
      await us().release(1);
      expect((await us().holder())?.who).toContain('theirs');
    });

    it('refuses to write more than it would read', async () => {
      const { version } = await us().create(place.fresh(1));
      const reason = 'x'.repeat(8_000);
      const passage = {
        lane: 'all',
        way: 'forward',
        step: '5 %',
        share: 500,
        since: 0,
        reached: null,
        left: 0,
      } as const;
      const history = Array.from({ length: STATUS_LIMIT / 8_000 + 1 }, () => ({
        ...passage,
        because: reason,
        evidence: [],
      }));
      await expect(us().commit({ version, status: { ...place.fresh(1), history } })).rejects.toThrow(Refused);
      expect(() => us().check({ ...place.fresh(1), history })).toThrow(Refused);
      expect(() => us().check(place.fresh(1))).not.toThrow();
      expect((await found(us())).status).toEqual(place.fresh(1));
    });
  });
}

function ended(status: Status): Status {
  return { ...status, lanes: { all: { way: 'forward', step: 0, since: 0, limitFrom: 0, end: 'promoted' } } };
}
