import { beforeEach, describe, expect, it } from '@jest/globals';
import { KubernetesError, type Writer } from '@tillgate/kubernetes';
import { digestOf } from '@tillgate/release';
import { Refused, Superseded, Unavailable } from '../ports.ts';
import { environmentObject } from './environment.ts';
import { permitOffice } from './permits.ts';

const [POLICY, FIRST, SECOND, BAD] = [digestOf('policy'), digestOf('first'), digestOf('second'), digestOf('bad')];
const HEAD = { sequence: 4, digest: FIRST };

/** One ConfigMap of an API server: patches go against its version. */
let data: Record<string, string> | undefined;
let version: number;
let meddle: (() => void) | undefined;
let away: boolean;
const object = () => ({ metadata: { name: 'tillgate-environment', resourceVersion: String(version) }, data });
const writer = {
  async read() {
    if (away) throw new KubernetesError('unreachable', 'nobody there');
    return data && object();
  },
  async patch(
    _ref: unknown,
    _type: unknown,
    patch: { metadata: { resourceVersion: string }; data: Record<string, string> },
  ) {
    meddle?.();
    meddle = undefined;
    if (patch.metadata.resourceVersion !== String(version)) throw new KubernetesError('conflict', 'it has changed');
    data = { ...data, ...patch.data };
    version++;
    return object();
  },
} as unknown as Writer;
const environment = environmentObject(writer, 'shop');

beforeEach(() => {
  data = {
    environment: 'production',
    policy: POLICY,
    keys: '{}',
    head: JSON.stringify(HEAD),
    freeze: '',
    quarantine: '',
  };
  version = 1;
  meddle = undefined;
  away = false;
});

describe('the environment object', () => {
  it('is read as the platform team wrote it', async () => {
    expect(await environment.read()).toMatchObject({
      environment: 'production',
      policy: POLICY,
      head: HEAD,
      freeze: undefined,
      quarantine: [],
      escape: undefined,
    });
    data = { ...data, head: '', freeze: ' stop the line \n' };
    expect(await environment.read()).toMatchObject({ head: null, freeze: 'stop the line' });
  });

  it.each([
    ['is missing', undefined, /There is no ConfigMap shop\/tillgate-environment/],
    ['names no environment', { environment: '' }, /environment is missing/],
    ['has a policy that is no digest', { policy: 'latest' }, /policy is no digest/],
    ['has a head that is no JSON', { head: '{' }, /head is no JSON/],
    ['has a head without a digest', { head: '{"sequence":1}' }, /lacks a sequence/],
    ['has a quarantine that is no list', { quarantine: '{}' }, /no list of digests/],
    ['pins something else', { escape: 'x' }, /escape is no digest/],
  ])('that %s is refused', async (_, change, told) => {
    data = change && ({ ...data, ...change } as Record<string, string>);
    await expect(environment.read()).rejects.toThrow(told);
    await expect(environment.read()).rejects.toBeInstanceOf(Refused);
  });

  it('moves its head from exactly what was read, whatever else is written meanwhile', async () => {
    const seen = await environment.read();
    meddle = () => {
      data = { ...data, freeze: 'now' };
      version++;
    };
    const next = await environment.swap(seen, { head: { sequence: 5, digest: SECOND }, escape: digestOf('way out') });
    expect(next).toMatchObject({ head: { sequence: 5, digest: SECOND }, escape: digestOf('way out'), freeze: 'now' });
    // Once more, as after a lost answer: it is done already.
    expect(await environment.swap(seen, { head: { sequence: 5, digest: SECOND } })).toMatchObject({
      head: { sequence: 5 },
    });
  });

  it.each([
    ['the policy', { policy: digestOf('another policy') }],
    ['the keys', { keys: '{"revoked":true}' }],
    ['the name', { environment: 'another' }],
    ['a quarantine', { quarantine: JSON.stringify([{ digest: BAD, reason: 'it lost orders' }]) }],
  ])('leaves its head where what was judged by has changed meanwhile: %s', async (_, change) => {
    const seen = await environment.read();
    meddle = () => {
      data = { ...data, ...change };
      version++;
    };
    await expect(environment.swap(seen, { head: { sequence: 5, digest: SECOND } })).rejects.toThrow(Refused);
    expect((await environment.read()).head).toEqual(HEAD);
  });

  it('lets one of two records win', async () => {
    const seen = await environment.read();
    meddle = () => {
      data = { ...data, head: JSON.stringify({ sequence: 5, digest: BAD }) };
      version++;
    };
    await expect(environment.swap(seen, { head: { sequence: 5, digest: SECOND } })).rejects.toBeInstanceOf(Superseded);
    expect((await environment.read()).head).toEqual({ sequence: 5, digest: BAD });
  });

  it('adds to the quarantine what is not there, and leaves the rest as it is written', async () => {
    const entry = (digest: typeof BAD, sequence = 4) => ({
      ...{ digest, sequence, reason: 'it failed', at: '2026-11-20T10:00:00Z' },
    });
    await environment.quarantine(entry(BAD));
    await environment.quarantine(entry(BAD));
    await environment.quarantine(entry(SECOND));
    expect((await environment.read()).quarantine.map(({ digest }) => digest)).toEqual([BAD, SECOND]);
    // Taken back once more, after it had been readmitted: that is another failure.
    await environment.quarantine(entry(BAD, 7));
    expect((await environment.read()).quarantine.map(({ sequence }) => sequence)).toEqual([4, 4, 7]);
    // As a person would write it.
    const byHand = `[\n  {"digest": "${FIRST}", "reason": "by hand"}\n]\n`;
    data = { ...data, quarantine: byHand };
    await environment.quarantine(entry(BAD));
    expect(data?.quarantine?.startsWith(byHand.trim().slice(0, -1).trim())).toBe(true);
    expect((await environment.read()).quarantine.map(({ digest }) => digest)).toEqual([FIRST, BAD]);
  });
});

describe('permits', () => {
  const office = (changes = {}) =>
    permitOffice(environment, { record: FIRST, expiresAt: 1_000, closesAt: null, ...changes });

  it.each([
    ['all is well', {}, 0, {}, 'open', 'valid'],
    ['the platform team stops the line', { freeze: 'stop' }, 0, {}, 'closed', 'valid'],
    ['the opening has ended', {}, 500, { closesAt: 500 }, 'closed', 'valid'],
    ['the opening has not ended', {}, 499, { closesAt: 500 }, 'open', 'valid'],
    ['the record has expired', {}, 1_000, {}, 'open', 'expired'],
    [
      'another record is the head',
      { head: JSON.stringify({ sequence: 5, digest: SECOND }) },
      0,
      {},
      'open',
      'superseded',
    ],
    ['the object is damaged', { head: '{' }, 0, {}, 'unknown', 'unknown'],
  ])('where %s', async (_, change, at, options, freeze, record) => {
    data = { ...data, ...change } as Record<string, string>;
    const told = await office(options).read(at);
    expect([told.freeze, told.record]).toEqual([freeze, record]);
    expect(told.because.length > 0).toBe(freeze !== 'open' || record !== 'valid');
  });

  it('are unknown while the cluster is away, but for what the record says', async () => {
    away = true;
    expect(await office().read(0)).toMatchObject({ freeze: 'unknown', record: 'unknown', because: ['nobody there'] });
    expect(await office({ closesAt: 1 }).read(2_000)).toMatchObject({ freeze: 'closed', record: 'expired' });
    await expect(environment.read()).rejects.toBeInstanceOf(Unavailable);
  });
});
