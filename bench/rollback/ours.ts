import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryBed } from '../../packages/delivery/src/cluster/bed.test-kit.ts';
import { beginOn, rigFor } from '../../packages/delivery/src/cluster/rig.test-kit.ts';
import { makeScene } from '../../packages/delivery/src/cluster/scene.test-kit.ts';
import { planFor } from '../../packages/delivery/src/cluster/scene-plan.test-kit.ts';
import { startPeople } from '../../packages/delivery/src/cluster/visitors.test-kit.ts';
import { drive } from '../../packages/delivery/src/drive/drive.ts';
import { until } from '../../packages/testbed/src/until.ts';
import { type Back, backAfter } from './back.ts';

/** A canary at 50 % that a rollback takes over and back. */
export async function rollBackOurs(bed: DeliveryBed, replicas: number, perSecond: number): Promise<Back> {
  const scene = await makeScene(bed, { replicas });
  const people = await startPeople(bed, scene, { arrivals: { pattern: 'constant', perSecond } });
  const plan = await planFor(bed, scene, {
    shares: [{ share: 5_000, forMs: 3_600_000, maxMs: 7_200_000, analysis: false, sessions: null }],
  });
  const rig = rigFor(bed, scene, plan);
  await beginOn(rig);
  const first = drive({ ...rig.driving, signal: new AbortController().signal });
  first.catch(() => {}); // it is superseded: that is what happens here
  await until('half of the sessions are on the candidate', () =>
    rig.said.some((one) => one.includes('"reached","lane":"all","step":"50 %"')),
  );
  await until(
    'clients see both',
    async () => new Set([...(await people.record()).rows(Date.now() - 1_000)].map(({ version }) => version)).size === 2,
  );
  await sleep(3_000); // as long as for the others: what the router has just heard is over
  const taking = rigFor(bed, scene, plan);
  let act = 0;
  const { target } = taking.driving;
  const timed = {
    ...target,
    apply: (...given: Parameters<typeof target.apply>) => {
      act ||= Date.now();
      return target.apply(...given);
    },
  };
  const called = Date.now();
  await drive({ ...taking.driving, target: timed, back: 'the benchmark', signal: new AbortController().signal });
  return backAfter(await people.stop(), scene, { called, act });
}
