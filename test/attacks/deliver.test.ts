/**
 * What keeps a delivery from starting and a release from being taken elsewhere than back, shown on the shipped bundles
 * against a real API server: each attempt differs from one that would go in a single point, must end red with that
 * reason, and must leave everything as it was.
 */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clusterComponents, needBed } from '@tillgate/testbed';
import { DELIVERIES } from './deliver.table.ts';
import { type Attacked, type Attempt, startBed } from './delivery-bed.ts';
import { NEW, OLD } from './delivery-records.ts';
import { EMPTIED, HOSTILE, ROLLBACKS, STEERED } from './roll-back.table.ts';

const tools = await needBed(...clusterComponents);

(tools ? describe : describe.skip)('against a real API server,', () => {
  let bed: Awaited<ReturnType<typeof startBed>>;
  beforeAll(async () => {
    bed = await startBed();
  }, 120_000);
  afterAll(() => bed?.stop());

  const refused = async (action: Attacked, changes: Partial<Attempt>, why: RegExp) => {
    const { code, log, errors, untouched, left, outputs } = await bed.attempt(action, changes);
    expect({ code, log: code === 1 ? '' : log }).toEqual({ code: 1, log: '' });
    expect(errors).toMatch(why);
    expect([untouched, left]).toEqual([true, {}]);
    return outputs;
  };

  describe('a delivery', () => {
    it('in which nothing is wrong comes as far as production, where the image still belongs to somebody else', async () => {
      const { code, log } = await bed.attempt('canary-deploy');
      expect(code).toBe(1);
      expect(log).toContain('fits');
      expect(log).toMatch(/belongs to .*kubectl-client-side-apply/);
    });

    it.each(DELIVERIES)('with %s does not start', async (_, changes, why) => {
      const outputs = await refused('canary-deploy', changes, why);
      expect(outputs['delivery-record'] ?? '').toBe('');
    });
  });

  describe('a rollback', () => {
    it('is told and not done unless it is told to do it', async () => {
      const { code, untouched, left, outputs, summary } = await bed.attempt('rollback', {
        inputs: { execute: '', confirm: '' },
      });
      expect([code, untouched, left]).toEqual([0, true, {}]);
      expect(outputs).toMatchObject({ from: NEW, to: OLD, verified: '', 'recovery-record': '' });
      expect(summary).toContain('nothing was done');
    });

    it.each(ROLLBACKS)('with %s is refused', async (_, changes, why) => {
      const outputs = await refused('rollback', changes, why);
      expect([outputs.to || '', outputs['recovery-record'] || '']).toEqual(['', '']);
    });

    it.each(STEERED)('leads back to what was signed, whatever %s', async (_, changes) => {
      const { code, log, untouched, outputs } = await bed.attempt('rollback', {
        ...changes,
        inputs: { execute: 'false', ...changes.inputs },
      });
      expect({ code, log: code === 0 ? '' : log }).toEqual({ code: 0, log: '' });
      expect([untouched, outputs.from, outputs.to]).toEqual([true, NEW, OLD]);
    });

    it('puts back a quarantine that was emptied by hand, and shows a reason as text', async () => {
      const { log, summary, environment, left } = await bed.attempt('rollback', EMPTIED);
      expect(log).toContain('Signed recovery record');
      const [kept] = JSON.parse(environment.quarantine ?? '[]') as { digest: string; reason: string }[];
      expect(kept).toMatchObject({ digest: NEW, reason: HOSTILE });
      expect(Object.keys(left)).toEqual(['tillgate-recovery/recovery-record.json']);
      const raw = /\$\{\{|<script|\]\(http|\n::set-output|^::(set-env|add-path|warning title=x)/m;
      expect(HOSTILE).toMatch(raw);
      expect(summary).toContain('secrets.KUBECONFIG');
      expect(summary).not.toMatch(raw);
      expect(log).not.toMatch(raw);
    });
  });
});
