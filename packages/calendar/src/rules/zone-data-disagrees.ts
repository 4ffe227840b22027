import type { Rule } from '@tillgate/release';
import type { FreezeSeen } from '../seen.ts';
import { OPEN } from './example.ts';
import { unlessRecovery } from './telling.ts';

/** Two tables of one zone that say different things. */
export const zoneDataDisagrees: Rule<FreezeSeen> = {
  id: 'freeze/zone-data-disagrees',
  meaning:
    'The system’s newer time-zone data says otherwise than this runtime’s for a zone in use; the wider window counts.',
  why: 'One of the two is an hour wrong. A freeze that is an hour too long costs an hour; one that is an hour too short costs a release in the peak.',
  remedy: 'Run the gate on a newer Node.js, which carries newer time-zone data.',
  bad: [
    {
      title: 'Winnipeg since 1 November 2026',
      seen: { ...OPEN, zoneData: { runtime: '2026c', system: '2026f', disagreeing: ['America/Winnipeg'] } },
      severity: 'warn',
    },
  ],
  good: [{ title: 'both agree', seen: { ...OPEN, zoneData: { runtime: '2026c', system: '2026f', disagreeing: [] } } }],
  judge(seen) {
    const { runtime, system, disagreeing } = seen.zoneData;
    return disagreeing.map((zone) => ({
      rule: this.id,
      key: zone,
      severity: unlessRecovery(seen, 'warn'),
      message: `${zone} keeps another time in the system's data (${system ?? 'of unknown age'}) than in this runtime's (${runtime ?? 'of unknown age'}). The wider window counts.`,
      place: zone,
      remedy: this.remedy,
    }));
  },
};
