import type { DeliveryBed } from '../../packages/delivery/src/cluster/bed.test-kit.ts';
import { BUNDLES, newJob, type Ran, runBundle } from '../../test/bundles/run-bundle.ts';
import { type Back, backAfter } from './back.ts';
import { type OnItsWay, promoted, rested, startCanary, type Under } from './canary.ts';

/** A canary at 50 % that is being driven, and the word `abort`, as docs/delivery-on-call.md has it. */
export async function abortOurs(bed: DeliveryBed, under: Under): Promise<Back> {
  const { scene, people, driven, moments } = await startCanary(bed, under);
  await rested();
  const { written, act, told } = moments();
  const called = Date.now();
  await bed.cluster.kubectl([
    '-n',
    scene.namespace,
    'annotate',
    'configmap',
    'tillgate-delivery-odoo',
    '--overwrite',
    'tillgate.dev/command=abort',
    'tillgate.dev/command-by=the benchmark',
    'tillgate.dev/command-reason=to see how long it takes',
  ]);
  await driven;
  const record = await people.stop();
  return backAfter(record, scene.to, { called, written: await written, act: await act, told: await told });
}

/** A canary at 50 % that the action `rollback` takes over and back: from the start of its process. */
export async function rollBackOurs(bed: DeliveryBed, under: Under): Promise<Back> {
  const release = await startCanary(bed, under);
  await rested();
  const { act, told } = release.moments();
  const called = await dispatched(bed, release);
  return backAfter(await release.people.stop(), release.scene.to, { called, act: await act, told: await told });
}

/** The same after promotion: the workload has to be rolled out again. */
export async function takeBackOurs(bed: DeliveryBed, under: Under): Promise<Back> {
  const release = await promoted(bed, under);
  await rested();
  const { act } = release.moments();
  const called = await dispatched(bed, release);
  return backAfter(await release.people.stop(), release.scene.to, { called, act: await act });
}

/** Runs the action to its end. @returns when it was started */
async function dispatched(bed: DeliveryBed, { scene, privateKey }: OnItsWay): Promise<number> {
  const bundle = BUNDLES.find(({ action }) => action === 'rollback');
  if (!bundle) throw new Error('The bundle of the action rollback is not built: npm run build -- rollback');
  const job = await newJob();
  try {
    const inputs = {
      namespace: scene.namespace,
      workload: 'deployment/odoo',
      reason: 'to see how long it takes',
      confirm: 'production',
      execute: 'true',
      kubeconfig: bed.kubeconfig,
      'signing-key': privateKey,
      'github-token': 'of-nobody',
    };
    const called = Date.now();
    requireDone(await runBundle(bundle, job, { inputs }));
    return called;
  } finally {
    await job.remove();
  }
}

function requireDone({ code, log, outputs }: Ran): void {
  if (code !== 0 || outputs.outcome === 'fail') throw new Error(`The rollback ended with ${code}:\n${log}`);
}
