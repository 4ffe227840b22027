import { setTimeout as sleep } from 'node:timers/promises';
import { begin, type Driven, drive, escapeOf, type Plan, rollbackOf, Superseded } from '@tillgate/delivery';
import { COMMAND, openDelivery, permitOffice, stateName } from '@tillgate/delivery/cluster';
import { silentLog } from '@tillgate/host';
import type { KubeObject } from '@tillgate/kubernetes';
import { digestOf, digestOfValue, type Subject, subjectOf } from '@tillgate/release';
import { type ReleaseRecord, recordDigest, signRecord } from '@tillgate/signing';
import { exampleRecord, keySetFile, newKey } from '@tillgate/signing/test-kit';
import { type DeliveryBed, writerAs } from '../../packages/delivery/src/cluster/bed.test-kit.ts';
import type { Keyed } from '../../packages/delivery/src/cluster/objects.ts';
import { makeScene, type Scene } from '../../packages/delivery/src/cluster/scene.test-kit.ts';
import { planFor } from '../../packages/delivery/src/cluster/scene-plan.test-kit.ts';
import { startPeople } from '../../packages/delivery/src/cluster/visitors.test-kit.ts';
import type { Load } from '../../packages/testbed/src/traffic/load.ts';
import { until } from '../../packages/testbed/src/until.ts';
import { momentAt } from './back.ts';

/** How many pods and requests a second every way back is taken under. */
export interface Under {
  replicas: number;
  /** How long a pod that leaves goes on answering. */
  preStopSeconds: number;
  perSecond: number;
}

/** A release that is on its way or promoted, under load, with its signed record: as canary-deploy leaves it. */
export interface OnItsWay {
  scene: Scene;
  people: Load;
  /** Ends with the delivery; one that was taken over by somebody else has ended too. */
  driven: Promise<Driven | undefined>;
  /** Signs recovery records. */
  privateKey: string;
  /** When a command was written, when the way back was written down, and when the router was told. */
  moments(): { written: Promise<number>; act: Promise<number>; told: Promise<number> };
}

/** Long enough for routers and measurements to come to rest, and a look of the driver may be at any place when it is over. */
export const rested = () => sleep(3_000 + Math.random() * 5_000);

/** A canary at 50 %, driven as in life by whom nobody has disturbed yet. */
export async function startCanary(bed: DeliveryBed, under: Under): Promise<OnItsWay> {
  const forMs = 3_600_000;
  const shares = [{ share: 5_000, forMs, maxMs: 2 * forMs, analysis: false, sessions: null }];
  const { reached, ...begun } = await startDelivery(bed, under, { shares });
  await reached;
  await bothSeen(begun.people);
  return begun;
}

/** A release that everybody has: what is left of the candidate is gone. */
export async function promoted(bed: DeliveryBed, under: Under): Promise<OnItsWay> {
  const shares = [{ share: 5_000, forMs: 0, maxMs: 60_000, analysis: false, sessions: null }];
  const { reached: _, ...begun } = await startDelivery(bed, under, { shares, watchMs: 0 });
  const { status } = (await begun.driven) as Driven;
  const end = status.lanes.all?.end;
  if (end !== 'promoted') throw new Error(`A good release ended "${end}": ${status.decided?.reason}`);
  return begun;
}

/** Until clients have answers of both versions. */
export const bothSeen = (people: Load): Promise<unknown> =>
  until(
    'clients see both',
    async () => new Set([...(await people.record()).rows(Date.now() - 1_000)].map(({ version }) => version)).size === 2,
  );

async function startDelivery(bed: DeliveryBed, { perSecond, ...pods }: Under, changes: Parameters<typeof planFor>[2]) {
  const scene = await makeScene(bed, pods);
  const { namespace } = scene;
  const people = await startPeople(bed, scene, { arrivals: { pattern: 'constant', perSecond } });
  const release = subjectOf({
    commit: 'a'.repeat(40),
    environment: 'production',
    artifacts: [{ kind: 'image', name: 'shop/odoo', digest: scene.to }],
  });
  const plan = await planFor(bed, scene, { ...changes, release: release.release });
  const place = openDelivery({
    kubeconfig: bed.kubeconfig,
    namespace,
    deployment: 'odoo',
    prometheusUrl: bed.prometheus.outside,
    who: 'the delivery',
  });
  const key = newKey('ed25519', { kinds: ['release', 'recovery'] });
  const record = recordOf(plan, release, await place.identity());
  const file = await signRecord(record, key.signer);
  const digest = recordDigest(file);
  const head = JSON.stringify({ sequence: record.sequence, digest });
  await writerAs(bed, 'platform').patch({ kind: 'ConfigMap', namespace, name: 'tillgate-environment' }, 'merge', {
    data: { head, keys: new TextDecoder().decode(keySetFile(key.entry)) },
  });
  const { target, counts } = place.at(plan);
  const store = place.store({ record: new TextDecoder().decode(file) }, plan);
  const before = await target.before();
  const at = await place.writer.now();
  const wayOut = escapeOf(plan, target, before);
  await store.create(
    begin(plan, { record: digest, before, escape: wayOut, onInconclusive: 'safe-state', at, epoch: 1 }),
  );
  const permits = permitOffice(place.environment, { record: digest, expiresAt: at + 3_600_000, closesAt: null });
  let driven: Promise<Driven | undefined> = Promise.resolve(undefined);
  const reached = new Promise<void>((resolve, reject) => {
    driven = drive({
      plan,
      store,
      target,
      counts,
      permits,
      log: silentLog,
      signal: new AbortController().signal,
      onTick({ said }) {
        if (said.some((one) => one.what === 'reached' && one.step === '50 %')) resolve();
      },
    }).catch((cause: unknown) => {
      reject(cause);
      if (!(cause instanceof Superseded)) throw cause; // taken over: that is what happens here
      return undefined;
    });
  });
  const watching = writerAs(bed, 'bench');
  const state = { kind: 'ConfigMap', namespace, name: stateName('odoo') } as const;
  const moments = () => ({
    written: momentAt<Keyed>(watching, state, ({ metadata }) => metadata.annotations?.[COMMAND] !== undefined),
    act: momentAt<Keyed>(watching, state, ({ data }) => goesBack(data?.summary ?? '', scene)),
    told: momentAt<Weighted>(
      watching,
      { kind: 'TraefikService', namespace, name: 'odoo' },
      ({ spec }) => spec.weighted.services.length === 1,
    ),
  });
  return { scene, people, driven, reached, privateKey: key.privateKey, moments };
}

/** By what the state says for people: the delivery goes back, or it is of a rollback, which has a plan of its own. */
const goesBack = (summary: string, { from, to }: Scene): boolean =>
  summary.startsWith('back') || summary.includes(`from ${to} to ${from}`);

interface Weighted extends KubeObject {
  spec: { weighted: { services: unknown[] } };
}

/** The record that such a release is delivered by: code only, so that the way back is open. */
function recordOf(plan: Plan, release: Subject, identity: ReleaseRecord['environment']['identity']): ReleaseRecord {
  const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
  return exampleRecord({
    sequence: 2,
    previous: digestOf('the record before'),
    environment: { name: 'production', identity },
    release,
    from: [{ kind: 'image', name: null, digest: plan.from }],
    commits: { from: null, to: release.commit, binding: 'label' },
    data: {
      units: [{ units: ['*'], oldOnNew: 'yes', newOnOld: 'yes', modulesToUpdate: [] }],
      assets: [{ bundle: 'web.assets_web', from: 'a', to: 'a' }],
    },
    delivery: {
      strategy: 'canary',
      frozen: JSON.parse(JSON.stringify(plan)),
      plan: digestOfValue(plan),
      podTemplate: plan.podTemplate,
      watchMs: 1,
    },
    recovery: { open: [], closed: [], plan: digestOfValue(rollbackOf(plan)), rtoMs: null, rpoMs: null },
    freeze: { at: ago(0), closesAt: null, window: null },
    readmitted: [],
    issued: ago(0),
    expires: ago(-1),
  });
}
