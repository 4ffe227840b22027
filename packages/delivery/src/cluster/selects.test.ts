import { describe, expect, it } from '@jest/globals';
import { candidateLabels, selectorText, selects } from './selects.ts';

const TRACK = 'tillgate.dev/track';
const pods = { app: 'odoo', tier: 'web', [TRACK]: 'stable' };
const by = (name: string, matchLabels: Record<string, string>) => ({ name, selector: { matchLabels } });

// As the API's own documentation of label selectors has it.
describe('a selector', () => {
  it.each([
    [{}, true],
    [{ matchLabels: { app: 'odoo' } }, true],
    [{ matchLabels: { app: 'other' } }, false],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'odoo'] }] }, true],
    [{ matchExpressions: [{ key: 'gone', operator: 'In', values: ['a'] }] }, false],
    [{ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['odoo'] }] }, false],
    [{ matchExpressions: [{ key: 'gone', operator: 'NotIn', values: ['a'] }] }, true],
    [{ matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    [{ matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false],
    [{ matchLabels: { app: 'odoo' }, matchExpressions: [{ key: 'gone', operator: 'Exists' }] }, false],
  ])('%j', (selector, chosen) => expect(selects(selector, pods)).toBe(chosen));

  it('of nothing chooses nothing, and an unknown operator is an error', () => {
    expect(selects(undefined, pods)).toBe(false);
    expect(() => selects({ matchExpressions: [{ key: 'a', operator: 'Near' }] }, pods)).toThrow('no operator');
  });

  it('is written as the API takes it', () => {
    expect(
      selectorText({
        matchLabels: { app: 'odoo' },
        matchExpressions: [
          { key: 'tier', operator: 'In', values: ['a', 'b'] },
          { key: 'x', operator: 'NotIn', values: ['c'] },
          { key: 'y', operator: 'Exists' },
          { key: 'z', operator: 'DoesNotExist' },
        ],
      }),
    ).toBe('app=odoo,tier in (a,b),x notin (c),y,!z');
  });
});

describe('labels of a candidate', () => {
  it('differ by the track alone where all choose by it', () => {
    const dodge = [by('Service odoo', { app: 'odoo', [TRACK]: 'stable' }), by('Deployment odoo', pods)];
    expect(candidateLabels(pods, TRACK, dodge, [by('NetworkPolicy odoo', { app: 'odoo' })])).toEqual({
      ...pods,
      [TRACK]: 'candidate',
    });
  });

  it('differ by another label where somebody chooses without the track, if no network policy needs it', () => {
    const labels = candidateLabels(
      pods,
      TRACK,
      [by('Service odoo', { app: 'odoo' })],
      [by('NetworkPolicy web', { tier: 'web' })],
    );
    expect(labels).toEqual({ app: 'odoo-candidate', tier: 'web', [TRACK]: 'candidate' });
  });

  it('cannot be had where a Service and a network policy choose by the same label', () => {
    const told = candidateLabels(
      pods,
      TRACK,
      [by('Service odoo', { app: 'odoo' })],
      [by('NetworkPolicy odoo', { app: 'odoo' })],
    );
    expect(told).toMatch(/^Service odoo must not choose .*NetworkPolicy odoo must.*Give the stable pods the label/);
  });

  it('cannot be had where a network policy chooses by the track, or a budget chooses everything', () => {
    expect(candidateLabels(pods, TRACK, [], [by('NetworkPolicy odoo', { [TRACK]: 'stable' })])).toMatch(
      /would not protect/,
    );
    expect(candidateLabels(pods, TRACK, [by('PodDisruptionBudget all', {})], [])).toMatch(
      /PodDisruptionBudget all must not/,
    );
  });
});
