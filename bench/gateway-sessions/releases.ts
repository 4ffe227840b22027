import { setTimeout as sleep } from 'node:timers/promises';
import { type Row, until } from '@tillgate/testbed';
import { type DeliveryBed, writerAs } from '../../packages/delivery/src/cluster/bed.test-kit.ts';
import { COMMAND, COMMAND_BY, stateName } from '../../packages/delivery/src/cluster/names.ts';
import { beginOn, rigFor } from '../../packages/delivery/src/cluster/rig.test-kit.ts';
import { makeScene, type Scene } from '../../packages/delivery/src/cluster/scene.test-kit.ts';
import { planFor } from '../../packages/delivery/src/cluster/scene-plan.test-kit.ts';
import { ask, hurt, startPeople } from '../../packages/delivery/src/cluster/visitors.test-kit.ts';
import { phaseOf } from '../../packages/delivery/src/phase.ts';
import type { Testers } from '../../packages/delivery/src/plan.ts';
import type { Status } from '../../packages/delivery/src/status.ts';
import { GATEWAY } from './envoy-gateway.ts';

/** What clients saw of a release. */
export interface Seen {
  requests: number;
  lost: number;
  sessions: number;
  /** Sessions that changed their version when they had no reason to: before everybody did, or in the wrong direction. */
  changed: number;
  /** Requests after the end that the version that was to leave has answered. */
  strayed: number;
  /** Testers that stable has answered, and others that the candidate has answered before anybody had a share. */
  testersAstray: number;
  /** Of the sessions that began at a share, the part that the candidate was given. */
  shares: { planned: number; given: number; of: number }[];
  /** Sessions of a pod that was taken away, and those of them that found themselves on the other version. */
  movedWithPod?: { of: number; moved: number };
}

/** Envoy keeps sessions by a cookie that says which pod has answered. */
const RULE = { sessionPersistence: { sessionName: 'lane', type: 'Cookie' } };
const STEP = { forMs: 25_000, maxMs: 180_000, analysis: false, sessions: null };
const SHARES = [2_500, 5_000].map((share) => ({ ...STEP, share }));
/** Where a release is aborted there is a minute for it, of which a pod of stable is gone for the last seven seconds. */
const MINUTE = { ...STEP, forMs: 60_000 };
const GONE_FOR = 7_000;
/** Thirteen sessions begin in a second, and one lasts six seconds on average: some see both shares and the end. */
const PEOPLE = {
  arrivals: { pattern: 'constant', perSecond: 160 },
  sessions: { thinkSeconds: 0.5, meanRequests: 12 },
} as const;
/** A request that was on its way when things changed belongs to neither side, ms. */
const MARGIN = 1_500;
const ASKED = 30;

interface Release {
  scene: Scene;
  /** Ends when a step is reached. */
  reached(step: string): Promise<void>;
}

/** A release to its end under people. `meanwhile` has it while it is driven. */
async function release(
  bed: DeliveryBed,
  { testers, shares = SHARES }: { testers: Testers; shares?: typeof SHARES },
  meanwhile: (release: Release) => Promise<void>,
): Promise<{ scene: Scene; status: Status; phase: string; rows: Row[]; over: number; astray: number }> {
  const made = await makeScene(bed, { by: 'httproute', gateway: GATEWAY, rule: RULE });
  const scene: Scene = { ...made, router: { ...made.router, testers } };
  const plan = await planFor(bed, scene, {
    shared: {
      sessions: { in: 'store', env: 'SESSION_STORE' },
      connections: { workers: 2, cronThreads: 1, perProcess: 4, room: 400 },
    },
    testersMs: 10_000,
    shares,
  });
  const people = await startPeople(bed, scene, PEOPLE);
  const rig = rigFor(bed, scene, plan);
  const reached = async (step: string) => {
    await until(`${step} is reached`, () =>
      rig.said.some((said) => said.includes(`"reached","lane":"all","step":"${step}"`)),
    );
  };
  await beginOn(rig);
  const driven = rig.drive();
  await reached('prepare');
  const astray = await testersAstray(bed, scene, testers);
  await meanwhile({ scene, reached });
  const { status } = await driven;
  const over = Date.now();
  await until('people go on', async () => [...(await people.record()).rows(over + MARGIN)].length >= 200);
  const rows = [...(await people.stop()).rows()];
  return { scene, status, phase: phaseOf(plan, status), rows, over, astray };
}

/** How many of those who ask at the step of the testers are answered by the wrong version. */
async function testersAstray(bed: DeliveryBed, scene: Scene, { by, name, value }: Testers): Promise<number> {
  const mark = by === 'header' ? { [name]: value } : { cookie: `session_id=1; ${name}=${value}; x=2` };
  await until('testers get it', async () => (await ask(bed, scene, '/', mark)).version === scene.to);
  let astray = 0;
  for (let index = 0; index < ASKED; index++) {
    const first = await ask(bed, scene, '/', mark);
    // Whoever was on stable before is a tester from the moment at which the mark is there.
    const plain = await ask(bed, scene, '/');
    const kept = plain.cookies.join('; ');
    const later = await ask(
      bed,
      scene,
      '/shop',
      by === 'header' ? { ...mark, cookie: kept } : { cookie: `${kept}; ${name}=${value}` },
    );
    if (first.version !== scene.to || later.version !== scene.to) astray++;
    if (plain.version !== scene.from) astray++;
  }
  return astray;
}

/** A good release: everybody has it in the end. */
export async function promoted(bed: DeliveryBed): Promise<Seen> {
  const testers = { by: 'header', name: 'X-Tester', value: 'yes' } as const;
  const ended = await release(bed, { testers }, async () => {});
  requirePhase('promoted', ended);
  const { scene, status, rows, over, astray } = ended;
  const everybody = leftOf(status, '50 %');
  return {
    ...counted(rows, astray),
    changed: changes(rows, ({ before, after, at }) => at < everybody || !(before === scene.from && after === scene.to)),
    strayed: rows.filter(({ at, version }) => at > over + MARGIN && version !== scene.to).length,
    shares: shares(rows, status, scene),
  };
}

/** A release that a person aborts at its last share, after a pod of stable was taken away. */
export async function aborted(bed: DeliveryBed): Promise<Seen> {
  let [gone, said, pod] = [0, 0, ''];
  const testers = { by: 'cookie', name: 'tester', value: 'yes' } as const;
  const planned = SHARES.map((step) => (step === SHARES.at(-1) ? { ...MINUTE, share: step.share } : step));
  const ended = await release(bed, { testers, shares: planned }, async ({ scene, reached }) => {
    await reached('50 %');
    await sleep(STEP.forMs);
    const here = ['-n', scene.namespace];
    const stable = ['-l', 'tillgate.dev/track=stable', '-o', 'jsonpath={.items[0].metadata.name}'];
    pod = await bed.cluster.kubectl(['get', 'pods', ...here, ...stable]);
    gone = Date.now();
    await bed.cluster.kubectl(['delete', 'pod', pod, ...here, '--wait=false']);
    await sleep(GONE_FOR);
    said = Date.now();
    const state = { kind: 'ConfigMap', namespace: scene.namespace, name: stateName('odoo') } as const;
    await writerAs(bed, 'kubectl-annotate').patch(state, 'merge', {
      metadata: { annotations: { [COMMAND]: 'abort', [COMMAND_BY]: 'the benchmark' } },
    });
  });
  requirePhase('returned', ended);
  const { scene, status, rows, over, astray } = ended;
  return {
    ...counted(rows, astray),
    changed: changes(rows, ({ before, after, at, from }) => {
      if (at >= said) return !(before === scene.to && after === scene.from);
      return at < gone || from !== pod;
    }),
    strayed: rows.filter(({ at, version }) => at > over + MARGIN && version !== scene.from).length,
    shares: shares(
      rows.filter(({ at }) => at < gone),
      status,
      scene,
    ),
    movedWithPod: leftBy(
      pod,
      rows.filter(({ at }) => at < said),
    ),
  };
}

const counted = (rows: readonly Row[], testersAstray: number) => ({
  requests: rows.length,
  lost: rows.filter(hurt).length,
  sessions: new Set(rows.map(({ session }) => session)).size,
  testersAstray,
});

function requirePhase(wanted: string, { phase, status }: { phase: string; status: Status }): void {
  if (phase !== wanted)
    throw new Error(`The release ended "${phase}" instead of "${wanted}": ${JSON.stringify(status.decided)}`);
}

function passage(status: Status, step: string) {
  const found = status.history.find((one) => one.step === step && one.way === 'forward');
  if (!found) throw new Error(`The release was never at ${step}.`);
  return found;
}

const leftOf = (status: Status, step: string) => passage(status, step).left;

interface Change {
  before: string;
  after: string;
  /** The pod that had answered before. */
  from: string;
  /** When the request was sent that the other version answered. */
  at: number;
}

/** How many sessions have changed their version in a way that has no reason. */
function changes(rows: readonly Row[], unfounded: (change: Change) => boolean): number {
  let count = 0;
  for (const own of Map.groupBy(rows, ({ session }) => session).values()) {
    const answered = own.filter(({ version }) => version !== '').sort((a, b) => a.at - b.at);
    const fresh = answered.filter(({ cookies }) => cookies === 0);
    // Who asks again before the first answer is there is assigned twice, and keeps the cookie that came last.
    const bound = fresh.length > 1 ? answered.filter(({ cookies }) => cookies > 0) : answered;
    const changed = bound.some((row, index) => {
      const last = bound[index - 1];
      if (!last || row.version === last.version) return false;
      return unfounded({ before: last.version, after: row.version, from: last.pod, at: row.at });
    });
    if (changed) count++;
  }
  return count;
}

/** The sessions that had another pod after this one, and those of them that had the other version. */
function leftBy(pod: string, rows: readonly Row[]): { of: number; moved: number } {
  const next = [...Map.groupBy(rows, ({ session }) => session).values()].flatMap((own) => {
    const answered = own.filter(({ version }) => version !== '').sort((a, b) => a.at - b.at);
    const index = answered.findLastIndex((row) => row.pod === pod);
    const [last, after] = [answered[index], answered[index + 1]];
    return last && after ? [{ last, after }] : [];
  });
  return { of: next.length, moved: next.filter(({ last, after }) => last.version !== after.version).length };
}

/** Of the sessions that began while a share was in force, the part that the candidate was given. */
function shares(rows: readonly Row[], status: Status, scene: Scene): Seen['shares'] {
  return SHARES.map(({ share }) => {
    const { reached, left } = passage(status, `${share / 100} %`);
    const first = rows.filter(
      ({ at, cookies, version }) =>
        cookies === 0 && version !== '' && at > (reached ?? Number.POSITIVE_INFINITY) + MARGIN && at < left,
    );
    const given = first.filter(({ version }) => version === scene.to).length;
    return { planned: share / 100, given: given / first.length, of: first.length };
  });
}
