import { KubernetesError, type Metadata, type Ref, type Writer } from '@tillgate/kubernetes';
import { digestOf } from '@tillgate/release';
import { phaseOf } from '../phase.ts';
import type { Plan } from '../plan.ts';
import { type Holder, Refused, type Store, Superseded, Unreadable, type Versioned } from '../ports.ts';
import { encodeStatus } from '../schema/status.ts';
import type { Command } from '../seen.ts';
import type { Escape, Status } from '../status.ts';
import { stepOf } from '../steps-of.ts';
import { epochOf } from './fenced.ts';
import { statusIn } from './kept.ts';
import { COMMAND, COMMAND_BY, COMMAND_REASON, EPOCH, leaseName, MANAGER, stateName, TRACK } from './names.ts';
import type { Keyed, Lease } from './objects.ts';
import { hasChanged, reaching } from './reaching.ts';

export interface StoreOptions {
  namespace: string;
  deployment: string;
  /** The signed record, as text: whoever resumes finds it beside the status. */
  record: string;
  /** The signed record of the act before, as text: what the environment names as its head may be it. */
  actRecord?: string;
  /** Who we are, for the Lease: unique to this process. */
  who: string;
  plan: Plan;
  /** How long a holder counts as alive that says no more. 15 s unless told. */
  leaseSeconds?: number;
}

/** A state object is never larger; the API server itself refuses four times that. */
export const STATE_LIMIT = 256 * 1024;

/** What a state object holds. */
const KEYS = [
  ...['status', 'record', 'act-record', 'next-record', 'delivery-record'],
  ...['escape', 'safe', 'deadline', 'abandon-after', 'summary', 'over'],
];

/** No command. */
const CLEARED = { [COMMAND]: null, [COMMAND_REASON]: null, [COMMAND_BY]: null };

const LEASE_SECONDS = 15;
const TRIES = 8;
const WORDS: readonly string[] = ['pause', 'resume', 'abort', 'promote', 'abandoned'] satisfies Command['word'][];

/**
 * Keeps the status in a ConfigMap beside the workload, and tells by a Lease that its holder lives. A command of the
 * people on call is an annotation on the ConfigMap; it changes the object's version, but not the status, and so does
 * not stop whoever drives. What was heard is taken off in the same write: kubectl that says the same again would else change
 * nothing, and nobody would hear it.
 */
export function clusterStore(writer: Writer, options: StoreOptions): Store {
  const { namespace, deployment, who, leaseSeconds = LEASE_SECONDS } = options;
  const state: Ref = { kind: 'ConfigMap', namespace, name: stateName(deployment) };
  const lease: Ref = { kind: 'Lease', namespace, name: leaseName(deployment) };
  const here = `ConfigMap ${namespace}/${state.name}`;
  /** What somebody put into the state object until it was too large: it leaves with the next write. */
  let strange: string[] = [];
  /** The command that lay on the state object when it was last read or written here. */
  let lying: string | undefined;
  const noted = (written: Keyed): Keyed => {
    lying = commandIn(written.metadata)[0]?.id;
    return written;
  };
  const superseded = (why: string) => new Superseded(`${here} ${why}: somebody else has this delivery in hand.`);

  const dataOf = (status: Status): Record<string, string> => {
    const data = {
      status: encodeStatus(status),
      record: options.record,
      ...(options.actRecord !== undefined && { 'act-record': options.actRecord }),
      escape: escapeText(status.escape),
      safe: status.safe,
      deadline: new Date(status.deadline).toISOString().replace(/\.\d+Z$/, 'Z'),
      'abandon-after': String(Math.ceil(options.plan.abandonAfterMs / 1000)),
      summary: summaryOf(options.plan, status),
      over: String(hasEnded(status)),
    };
    const bytes = Object.values(data).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (bytes > STATE_LIMIT)
      throw new Refused(
        `The state of this delivery has grown to ${bytes} bytes, more than ${STATE_LIMIT}. Watch fewer tenants one by one.`,
      );
    return data;
  };

  /** What nobody can read has not ended as far as anybody knows; the way back alone does not wait for that. */
  const mayReplace = (json: string): boolean => {
    const { status } = statusIn(json);
    return status ? hasEnded(status) : options.plan.strategy === 'rollback';
  };

  return {
    async load() {
      const found = await reaching(writer.read<Keyed>(state));
      const at = await reaching(writer.now());
      if (found) noted(found);
      if (!found || found.data?.status === undefined) return { at, found: undefined, commands: [] };
      const spoilt = (why: string) => new Unreadable(why, { at, version: versionOf(found), epoch: epochOf(found) });
      if (!Number.isFinite(epochOf(found)))
        throw new Refused(`The annotation ${EPOCH} of ${here} is no number: it was edited.`);
      const bytes = Object.values(found.data).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      if (bytes > STATE_LIMIT) {
        strange = Object.keys(found.data).filter((key) => !KEYS.includes(key));
        throw spoilt(
          `${here} holds ${bytes} bytes; a state has at most ${STATE_LIMIT}. It was not written by a delivery: find out who did.`,
        );
      }
      const { status, unreadable = '' } = statusIn(found.data.status);
      if (!status) throw spoilt(unreadable);
      const epoch = Math.max(status.epoch, epochOf(found));
      return {
        at,
        found: { status: { ...status, epoch }, version: versionOf(found) },
        commands: commandIn(found.metadata),
      };
    },

    async listen(told, signal) {
      let last: { epoch: string | undefined; said: string | undefined } | undefined;
      const heard = ({ metadata }: Keyed) => {
        const now = { epoch: metadata.annotations?.[EPOCH], said: commandIn(metadata)[0]?.id };
        const isNew = now.said !== undefined && now.said !== last?.said;
        if (!last || isNew || now.epoch !== last.epoch) told();
        last = now;
      };
      await reaching(writer.watch<Keyed>(state, heard, signal));
    },

    check: (status) => void dataOf(status),

    async create(status) {
      const object = {
        metadata: { labels: { [TRACK]: 'state' }, annotations: { [EPOCH]: String(status.epoch) } },
        data: dataOf(status),
      };
      try {
        return versioned(status, await reaching(writer.create<Keyed>(state, object)));
      } catch (cause) {
        if (!(cause instanceof KubernetesError) || cause.reason !== 'exists') throw cause;
      }
      const found = await reaching(writer.read<Keyed>(state));
      if (!found) throw superseded('came and went');
      // Our own answer may have been lost on its way.
      if (found.data?.status === object.data.status) return versioned(status, found);
      if (found.data?.status !== undefined && !mayReplace(found.data.status))
        throw superseded('holds a delivery that has not ended');
      if (epochOf(found) > status.epoch)
        throw superseded(`was used under epoch ${epochOf(found)}, and this is ${status.epoch}`);
      const gone = Object.keys(found.data ?? {}).filter(
        // A way back is of the same release: a record of that which is to become the head stays.
        (key) => key !== 'next-record' || options.plan.strategy !== 'rollback',
      );
      const patch = {
        metadata: {
          resourceVersion: found.metadata.resourceVersion,
          annotations: { ...CLEARED, ...object.metadata.annotations },
        },
        data: { ...Object.fromEntries(gone.map((key) => [key, null])), ...object.data },
      };
      try {
        return versioned(status, noted(await reaching(writer.patch<Keyed>(state, 'merge', patch))));
      } catch (cause) {
        if (hasChanged(cause)) throw superseded('was changed at the same moment');
        throw cause;
      }
    },

    async commit({ status, version }) {
      const data = { ...Object.fromEntries(strange.map((key) => [key, null])), ...dataOf(status) };
      let [resourceVersion, before] = version.split('/') as [string, string];
      for (let tries = 0; tries < TRIES; tries++) {
        const heard = lying !== undefined && status.heard.includes(lying);
        const annotations = { ...(heard && CLEARED), [EPOCH]: String(status.epoch) };
        const patch = { metadata: { resourceVersion, annotations }, data };
        try {
          return versioned(status, noted(await reaching(writer.patch<Keyed>(state, 'merge', patch))));
        } catch (cause) {
          if (!hasChanged(cause)) throw cause;
        }
        const found = await reaching(writer.read<Keyed>(state));
        if (!found) throw superseded('is gone');
        noted(found);
        if (epochOf(found) > status.epoch) throw superseded(`is held under epoch ${epochOf(found)}`);
        // Written already, and only the answer was lost.
        if (found.data?.status === data.status) return versioned(status, found);
        const [now, content] = versionOf(found).split('/') as [string, string];
        if (content !== before) throw superseded('holds another status than was read');
        // Only an annotation is new: a command, which the next look finds.
        [resourceVersion, before] = [now, content];
      }
      throw superseded(`has changed ${TRIES} times while it was written`);
    },

    async holder(): Promise<Holder | undefined> {
      const found = await reaching(writer.read<Lease>(lease));
      const { holderIdentity = '', renewTime = '', leaseDurationSeconds = leaseSeconds } = found?.spec ?? {};
      const until = Date.parse(renewTime) + leaseDurationSeconds * 1000;
      if (holderIdentity === '' || holderIdentity === who || !(until > (await reaching(writer.now()))))
        return undefined;
      return { who: holderIdentity, until };
    },

    async renew(epoch) {
      for (let tries = 0; tries < TRIES; tries++) {
        const found = await reaching(writer.read<Lease>(lease));
        const now = micro(await reaching(writer.now()));
        const isOurs = found?.spec?.holderIdentity === who;
        const spec = {
          holderIdentity: who,
          leaseDurationSeconds: leaseSeconds,
          renewTime: now,
          ...(!isOurs && { acquireTime: now, leaseTransitions: (found?.spec?.leaseTransitions ?? -1) + 1 }),
        };
        const annotations = { [EPOCH]: String(epoch) };
        try {
          if (!found) {
            await reaching(writer.create<Lease>(lease, { metadata: { annotations }, spec }));
            return;
          }
          if (epochOf(found) > epoch)
            throw superseded(`is held by ${found.spec?.holderIdentity} under epoch ${epochOf(found)}`);
          const { resourceVersion } = found.metadata;
          await reaching(writer.patch<Lease>(lease, 'merge', { metadata: { resourceVersion, annotations }, spec }));
          return;
        } catch (cause) {
          if (!(cause instanceof KubernetesError)) throw cause;
        }
      }
      throw superseded('has a Lease that changes faster than it can be taken');
    },

    async release(epoch) {
      const found = await reaching(writer.read<Lease>(lease));
      if (found?.spec?.holderIdentity !== who || epochOf(found) !== epoch) return;
      const { resourceVersion } = found.metadata;
      try {
        await reaching(
          writer.patch<Lease>(lease, 'merge', { metadata: { resourceVersion }, spec: { holderIdentity: null } }),
        );
      } catch (cause) {
        if (!hasChanged(cause)) throw cause; // somebody has taken it meanwhile: it is no longer ours to give
      }
    },
  };
}

/** Where a delivery stands, for people who read it with kubectl. */
function summaryOf(plan: Plan, status: Status): string {
  const when = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
  const said = (what: string, { by, reason, at }: { by: string; reason: string; at: number }) =>
    `${what} ${when(at)} by ${by}: ${reason}`;
  const lanes = Object.entries(status.lanes).map(([id, lane]) => {
    const step = stepOf(plan, id, lane);
    const at = step ? `step "${step.name}", ${step.goal.candidateShare / 100} % to the candidate` : 'left as it stood';
    const reached = lane.reached === undefined ? 'not reached yet' : `reached ${when(lane.reached)}`;
    return lane.end
      ? `${lane.end}`
      : `${lane.way === 'forward' ? 'forward' : `to "${lane.way}"`}: ${at}, since ${when(lane.since)}, ${reached}${lane.waved ? `, ${said('waved on', lane.waved)}` : ''}`;
  });
  return [
    `${phaseOf(plan, status)} - from ${plan.from} to ${plan.to}`,
    ...lanes,
    ...(status.paused ? [said('paused', status.paused)] : []),
    ...(status.decided ? [said('turned', status.decided)] : []),
    `left alone it is taken to "${status.safe}"; deadline ${when(status.deadline)}`,
  ].join('\n');
}

/** Whether all that was begun has ended. */
function hasEnded({ lanes, decided }: Status): boolean {
  const all = Object.values(lanes);
  return all.length > 0 ? all.every(({ end }) => end !== undefined) : decided !== undefined;
}

/**
 * What the watchdog may do, in the form that a shell can read: a line for each patch, with the safe state it belongs to, the
 * resource, the name, the type and the patch itself.
 */
export function escapeText(waysOut: Escape): string {
  const lines = Object.entries(waysOut).flatMap(([safe, patches]) =>
    (patches ?? []).map(
      ({ resource, name, type, patch }) => `${safe} ${resource} ${name} ${type} ${JSON.stringify(patch)}\n`,
    ),
  );
  return lines.sort((a, b) => (a.split(' ', 1)[0] === b.split(' ', 1)[0] ? 0 : a < b ? -1 : 1)).join('');
}

const versionOf = ({ metadata, data }: Keyed) => `${metadata.resourceVersion}/${digestOf(data?.status ?? '')}`;
const versioned = (status: Status, written: Keyed): Versioned => ({ status, version: versionOf(written) });
const micro = (millis: number) => new Date(millis).toISOString().replace('Z', '000Z');

/** The command that lies on the state object, with who gave it as the API server knows it. */
function commandIn({ annotations = {}, managedFields = [] }: Metadata): Command[] {
  const word = annotations[COMMAND]?.trim();
  if (!word || !WORDS.includes(word)) return [];
  const field = `f:${COMMAND}`;
  const written = managedFields
    .filter(({ fieldsV1 }) => {
      const { 'f:metadata': metadata } = (fieldsV1 ?? {}) as {
        'f:metadata'?: { 'f:annotations'?: Record<string, unknown> };
      };
      return metadata?.['f:annotations']?.[field] !== undefined;
    })
    .sort((a, b) => ((a.time ?? '') < (b.time ?? '') ? 1 : -1))[0];
  const [name, reason] = [annotations[COMMAND_BY]?.trim(), annotations[COMMAND_REASON]?.trim()];
  const by = name || (written?.manager === MANAGER ? undefined : written?.manager) || 'somebody';
  return [
    {
      id: `${word} ${written?.time ?? ''}`.trim(),
      word: word as Command['word'],
      by: reason ? `${by}: ${reason}` : by,
      ...(name && reason && { answeredFor: true }),
    },
  ];
}
