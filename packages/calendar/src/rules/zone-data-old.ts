import type { Rule } from '@tillgate/release';
import type { FreezeSeen } from '../seen.ts';
import { OPEN } from './example.ts';
import { unlessRecovery } from './telling.ts';

/** Zone data older than the policy asks for. */
export const zoneDataOld: Rule<FreezeSeen> = {
  id: 'freeze/zone-data-old',
  meaning: 'The time-zone data of this runtime is older than the policy asks for, or does not tell its age.',
  why: 'Governments change their clocks on short notice. With old data a freeze begins and ends an hour wrong, and nothing else would show it.',
  remedy: 'Run the gate on a newer Node.js, which carries newer time-zone data, or lower calendar.zoneData.minimum.',
  bad: [
    {
      title: 'older than asked for',
      seen: { ...OPEN, zoneData: { runtime: '2025c', minimum: '2026c', disagreeing: [] } },
      severity: 'unknown',
    },
    {
      title: 'of unknown age',
      seen: { ...OPEN, zoneData: { minimum: '2026c', disagreeing: [] } },
      severity: 'unknown',
    },
  ],
  good: [
    { title: 'nothing is asked for', seen: { ...OPEN, zoneData: { runtime: '2025c', disagreeing: [] } } },
    { title: 'new enough', seen: { ...OPEN, zoneData: { runtime: '2026c', minimum: '2026c', disagreeing: [] } } },
  ],
  judge(seen) {
    const { runtime, minimum } = seen.zoneData;
    // releases are a year and a letter: they sort as text
    if (minimum === undefined || (runtime !== undefined && runtime >= minimum)) return [];
    return [
      {
        rule: this.id,
        key: minimum,
        severity: unlessRecovery(seen, 'unknown'),
        message: `The time-zone data here is ${runtime ?? 'of unknown age'}; the policy asks for ${minimum} or newer.`,
        remedy: this.remedy,
      },
    ];
  },
};
