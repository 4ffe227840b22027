import { describe, expect, it } from '@jest/globals';
import { scripted } from './scripted.test-kit.ts';
import { serverTime } from './server-time.ts';

const body = { resources: {}, rate: {} };

describe('serverTime', () => {
  it.each([-3_600_000, 0, 120_000])('finds a clock that is %d ms away', async (away) => {
    const date = new Date(Date.now() + away).toUTCString();
    const time = await serverTime(scripted([{ body, headers: { date } }]).api);
    expect(Math.abs(time.offsetMs - away)).toBeLessThanOrEqual(time.uncertaintyMs);
    expect(time.at).toBe(new Date(date).toISOString());
  });

  it.each([{ date: 'yesterday' }, { date: 'Fri, 27 Nov 2026 05:00:00 GMT', age: '30' }])(
    'refuses %j, which tells no present time',
    async (headers) => {
      await expect(serverTime(scripted([{ body, headers }]).api)).rejects.toMatchObject({
        reason: 'unexpected-answer',
      });
    },
  );
});
