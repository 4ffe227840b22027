import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Goal, Plan, Step } from '../plan.ts';
import { type Fence, Superseded, type Target } from '../ports.ts';
import { shortOf } from '../reduce/goal-reached.ts';
import { stepsOf } from '../steps-of.ts';
import { LANE } from '../strategies/terms.ts';

/** A place that a canary can be delivered to, as several processes see it; it runs the plan's `from`. */
interface TargetPlace {
  plan: Plan;
  open(): Target;
  /** Lets so much time pass. */
  pass(ms: number): Promise<void>;
  /** @throws where a client's request went nowhere since the beginning: by the clients' own record */
  requireNobodyHurt(): Promise<void>;
  close(): Promise<void>;
}

/** What every target must do. Run over the one in memory, and over every real one. */
export function targetContract(name: string, make: () => Promise<TargetPlace>): void {
  describe(`the target ${name}`, () => {
    let place: TargetPlace;
    let target: Target;
    beforeEach(async () => {
      place = await make();
      target = place.open();
    });
    afterEach(() => place.close());
    const forward = () => stepsOf(place.plan, LANE, 'forward');
    const back = () => stepsOf(place.plan, LANE, 'stable').at(-1) as Step;

    const bringAbout = async (goal: Goal, fence: Fence, by = target) => {
      for (let tries = 0; tries < 200; tries++) {
        if (shortOf(goal, await by.observe(LANE)).length === 0) return;
        await by.apply({ lane: LANE, step: 'contract', goal }, fence);
        await place.pass(500);
      }
      throw new Error(`Not reached: ${shortOf(goal, await by.observe(LANE)).join('; ')}`);
    };

    it('tells what was there before', async () => {
      const before = await target.before();
      expect(before).toMatchObject({ image: place.plan.from, uid: expect.any(String) });
      expect(before.replicas).toBeGreaterThan(0);
    });

    it('brings every goal of a canary about, one after the other, and nobody is sent nowhere', async () => {
      const fence = await target.claim(2);
      for (const { goal } of forward()) await bringAbout(goal, fence);
      await place.requireNobodyHurt();
    });

    it('finds the way back from every one of them', async () => {
      const fence = await target.claim(2);
      for (const { goal } of forward().slice(0, -1)) {
        await bringAbout(goal, fence);
        await bringAbout(back().goal, fence);
      }
      await place.requireNobodyHurt();
    });

    it('sends nobody to pods that are not ready, also when a goal is asked for out of turn', async () => {
      const fence = await target.claim(2);
      const [, share] = forward() as [Step, Step];
      await bringAbout(share.goal, fence);
      await bringAbout((forward().at(-1) as Step).goal, fence);
      await place.requireNobodyHurt();
    });

    it('turns round in the middle of anything', async () => {
      const fence = await target.claim(2);
      const [prepare, share] = forward();
      const promote = forward().find(({ goal }) => goal.stable === place.plan.to) as Step;
      await bringAbout((prepare as Step).goal, fence);
      await bringAbout((share as Step).goal, fence);
      await target.apply({ lane: LANE, step: 'promote', goal: promote.goal }, fence);
      await place.pass(300);
      await bringAbout(back().goal, fence);
      await place.requireNobodyHurt();
    });

    it('does nothing twice', async () => {
      const fence = await target.claim(2);
      const [prepare, share] = forward() as [Step, Step];
      await bringAbout(prepare.goal, fence);
      await bringAbout(share.goal, fence);
      const standing = async () => {
        const { stable, candidate, candidateShare, route } = await target.observe(LANE);
        return { stable, candidate, candidateShare, route };
      };
      const before = await standing();
      const act = { lane: LANE, step: share.name, goal: share.goal };
      await Promise.all([target.apply(act, fence), place.open().apply(act, fence)]);
      expect(await standing()).toEqual(before);
    });

    it('lets nobody act whose epoch is over, whatever they hold in their hands', async () => {
      const old = await target.claim(2);
      const other = place.open();
      const [prepare, share] = forward() as [Step, Step];
      await bringAbout(prepare.goal, old);
      await other.claim(3);
      const act = { lane: LANE, step: share.name, goal: share.goal };
      await expect(target.apply(act, old)).rejects.toThrow(Superseded);
      await expect(target.claim(2)).rejects.toThrow(Superseded);
      expect((await other.observe(LANE)).candidateShare).toBe(0);
    });

    it('says beforehand, word for word, what the watchdog may do', async () => {
      const before = await target.before();
      expect(target.escape('hold', before)).toEqual([]);
      const patches = target.escape('stable', before);
      expect(patches.length).toBeGreaterThan(0);
      expect(JSON.parse(JSON.stringify(patches))).toEqual(patches);
      expect(JSON.stringify(patches)).not.toContain(place.plan.to);
    });
  });
}
