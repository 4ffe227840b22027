import { describe, expect, it } from '@jest/globals';
import type { Back } from './back.ts';
import { type Backs, judged, type Way } from './judge.ts';

const back = (took: number, lost = 0): Back => ({ took, lost, written: undefined, act: undefined, told: undefined });
/** A release whose every way took as long as told, in ms, in one round. */
const seen = (took: Partial<Record<Way, number>>): Backs =>
  Object.fromEntries(Object.entries(took).map(([way, ms]) => [way, [back(ms)]]));

describe('the judgement of ways back', () => {
  it('holds ours against the faster of the others where stable is warm, and against kubectl after promotion', () => {
    const { bounds, holds } = judged(seen({ abort: 200, argo: 300, rollback: 290, kubectl: 2_000, promoted: 1_900 }));
    expect(bounds).toMatchObject({
      abort_median_ms: '<= 300 (Argo Rollouts: canary at 50 %, abort)',
      rollback_median_ms: '<= 300 (Argo Rollouts: canary at 50 %, abort)',
      promoted_median_ms: '<= 2000 (kubectl rollout undo)',
    });
    expect(holds).toBe(true);
  });

  it.each([
    ['abort', { abort: 301, argo: 300, rollback: 290, kubectl: 2_000 }],
    ['the action in mid-canary, though faster than kubectl', { abort: 200, argo: 300, rollback: 301, kubectl: 2_000 }],
    ['the action, where kubectl is faster than Argo', { rollback: 250, argo: 300, kubectl: 240 }],
    ['the action after promotion', { kubectl: 2_000, promoted: 2_001 }],
  ])('does not hold where %s is slower', (_, took) => {
    expect(judged(seen(took)).holds).toBe(false);
  });

  it('does not hold where a request was lost', () => {
    expect(judged({ kubectl: [back(2_000)], promoted: [back(1_000, 1)] }).holds).toBe(false);
  });

  it('does not hold, and says why, where somebody is missing to be compared with', () => {
    const { bounds, holds } = judged(seen({ rollback: 290, kubectl: 2_000 }), 'Argo Rollouts, because');
    expect(bounds.not_run).toBe('Argo Rollouts, because');
    expect(holds).toBe(false);
  });
});
