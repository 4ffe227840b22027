import { describe, expect, it } from '@jest/globals';
import { need } from '../require.ts';
import { startRedis } from './index.ts';

((await need('redis')) ? describe : describe.skip)('Redis', () => {
  it('runs twice at once, each with its own data and password', async () => {
    const [one, other] = await Promise.all([startRedis(), startRedis()]);
    try {
      expect(await one.command('SET', 'session', 'ä b')).toBe('OK');
      expect(await one.command('GET', 'session')).toBe('ä b');
      expect(await other.command('EXISTS', 'session')).toBe('0');
      expect(new URL(one.url).password).not.toBe(new URL(other.url).password);
      expect(Number(new URL(one.url).port)).toBe(one.port);
      await expect(one.command('NOPE')).rejects.toThrow('unknown command');
    } finally {
      await Promise.all([one.stop(), other.stop()]);
    }
  });
});
