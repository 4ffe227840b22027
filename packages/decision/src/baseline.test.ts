import { describe, expect, it } from '@jest/globals';
import { digestOf, type Verdict } from '@tillgate/release';
import { baselineObjections } from './baseline.ts';

const [OLD, NEW, STRANGER] = [digestOf('old'), digestOf('new'), digestOf('stranger')];
const verdict = (gate: string, facts: object | null) => ({ gate, facts }) as unknown as Verdict;
const scanned = (...baseline: string[]) => verdict('image-scan-gate', { baseline });
const runs = (...running: string[]) => verdict('observe-production', { running });

describe('what the scan was compared with', () => {
  it.each([
    ['what production runs', [runs(OLD), scanned(OLD)]],
    ['both images of a rollout', [runs(OLD, NEW), scanned(NEW, OLD)]],
    ['less than what production runs: the candidate itself is left out', [runs(OLD, NEW), scanned(OLD)]],
    ['nothing: everything counted as new', [runs(OLD), scanned()]],
    ['nothing, as nothing could be scanned', [runs(OLD), verdict('image-scan-gate', null)]],
    ['and no scan at all', [runs(OLD)]],
  ])('is taken when it is %s', (_, verdicts) => {
    expect(baselineObjections(verdicts)).toEqual([]);
  });

  it.each([
    ['an image that production does not run', [runs(OLD), scanned(OLD, STRANGER)]],
    ['an image where nobody looked at production', [scanned(STRANGER)]],
    ['an image where production could not be seen', [verdict('observe-production', null), scanned(STRANGER)]],
  ])('stops the release when it is %s', (_, verdicts) => {
    expect(baselineObjections(verdicts)).toEqual([
      expect.objectContaining({
        code: 'mismatch',
        gate: 'image-scan-gate',
        message: expect.stringContaining(STRANGER.slice(0, 19)),
      }),
    ]);
  });
});
