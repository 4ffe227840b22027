import { describe, expect, it } from '@jest/globals';
import type { Plan, Status } from '@tillgate/delivery';
import { ended } from './ended.ts';

const plan = { from: 'the old one', to: 'the new one', waves: [['all']] } as unknown as Plan;
const at = (end: string | undefined, more: object = {}, fault?: string) =>
  ended(
    plan,
    { lanes: { all: { way: 'forward', step: 1, ...(end && { end }) } }, safe: 'stable', ...more } as never as Status,
    fault,
  );
const decided = { by: 'time', reason: 'Prometheus does not answer.', at: 0 };

describe('how a delivery ended', () => {
  it('passes where nothing turned it', () => {
    expect(at('promoted')).toEqual({ phase: 'promoted', outcome: 'pass', green: true, reasons: [] });
  });

  it('warns where everybody has the new version, and something turned it since', () => {
    const { reasons, ...rest } = at('promoted', { decided });
    expect(rest).toEqual({ phase: 'promoted', outcome: 'warn', green: true });
    expect(reasons.join(' ')).toContain(decided.reason);
  });

  it('warns where everybody has it and something speaks against it, which nobody is taken back for', () => {
    expect(at('promoted', {}, 'nothing looked for scheduled jobs.')).toMatchObject({
      ...{ phase: 'promoted', outcome: 'warn', green: true },
      reasons: [expect.stringContaining('nothing looked for scheduled jobs.')],
    });
    expect(at('returned', { decided }, 'nothing looked').reasons.join(' ')).not.toContain('looked');
  });

  it('fails where it went back, and says why', () => {
    const { reasons, ...rest } = at('returned', { decided });
    expect(rest).toEqual({ phase: 'returned', outcome: 'fail', green: false });
    expect(reasons.join(' ')).toContain(decided.reason);
  });

  it.each([
    [undefined, {}],
    [undefined, { paused: decided }],
    ['held', { decided }],
  ])('is not known where it is not over, or left for a person: %s, %j', (end, more) => {
    expect(at(end, more)).toMatchObject({ outcome: 'inconclusive', green: false });
  });
});
