import { digestOf } from '@tillgate/release';
import type { FreezeSeen, MetWindow } from '../seen.ts';

/** Examples of the rules speak of one release, on the Tuesday before Black Friday 2024, at noon UTC. */
export const OPEN: FreezeSeen = {
  release: digestOf('a release'),
  class: 'standard',
  purpose: 'release',
  at: '2024-11-26T12:00:00.000Z',
  now: '2024-11-26T12:00:00.000Z',
  aheadMs: 3_600_000,
  deployMs: 900_000,
  watchMs: 7_200_000,
  met: [],
  moreMet: 0,
  nextOpening: '2024-11-26T12:00:00.000Z',
  opensUntil: '2024-11-27T23:00:00.000Z',
  closesAt: '2024-11-27T23:00:00.000Z',
  openings: [{ zone: 'Europe/Berlin', units: ['*'], nextOpening: '2024-11-26T12:00:00.000Z' }],
  exceptions: [],
  feeds: [],
  zoneData: { runtime: '2026c', disagreeing: [] },
  clock: { source: 'system', secondSource: 'api.github.com', offsetMs: 120 },
  idle: [],
};

/** A freeze that has begun. */
export const PEAK: MetWindow = {
  window: 'peak-week',
  kind: 'freeze',
  level: 'block',
  reason: 'Black Friday to Cyber Monday',
  start: '2024-11-24T23:00:00.000Z',
  end: '2024-12-02T23:00:00.000Z',
  localEnd: '2024-12-03T00:00 Europe/Berlin',
  units: ['*'],
};

export const CLOSED: FreezeSeen = {
  ...OPEN,
  met: [PEAK],
  nextOpening: '2024-12-02T23:00:00.000Z',
  opensUntil: '2024-12-23T23:00:00.000Z',
  closesAt: OPEN.at,
};

export const LIFT = { id: 'fix-vat', document: digestOf('the policy'), expires: '2024-11-27T00:00:00.000Z' };
