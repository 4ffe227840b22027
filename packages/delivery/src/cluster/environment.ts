import type { Ref, Writer } from '@tillgate/kubernetes';
import { isSha256, type Sha256 } from '@tillgate/release';
import { Refused, Superseded } from '../ports.ts';
import { ENVIRONMENT_OBJECT } from './names.ts';
import type { Keyed } from './objects.ts';
import { hasChanged, reaching } from './reaching.ts';

/** The newest record of an environment. */
export interface Head {
  sequence: number;
  digest: Sha256;
  commit?: string;
}

/** An image that may not run until a record readmits it. */
export interface Quarantined {
  digest: Sha256;
  reason: string;
  /** RFC 3339. */
  at: string;
  /** Number of the release record that brought it and was taken back. Absent: a person has written it. */
  sequence?: number;
}

/** What an environment says of itself. */
export interface Environment {
  environment: string;
  policy: Sha256;
  /** Null before the first record. */
  head: Head | null;
  /** The key set file, as text. */
  keys: string;
  /** Why nothing may go on, by the platform team; undefined: nothing is said. */
  freeze: string | undefined;
  quarantine: readonly Quarantined[];
  /** The list as it is written there: it is added to, never written anew. */
  quarantineText: string;
  /** Digest of what the watchdog may do; undefined before the first delivery. */
  escape: Sha256 | undefined;
  /** The version read, for a swap. */
  version: string;
}

/** Raised where what an environment is judged by has changed since it was read: who judges anew may try again. */
export class Changed extends Refused {}

/** The environment object: the platform team's word, of which a delivery moves the head and nothing it rests on. */
export interface EnvironmentObject {
  /** @throws Refused where there is none, or it is damaged; Unavailable */
  read(): Promise<Environment>;
  /**
   * Moves the head from exactly what was read, pins what the watchdog may do, and names the images that may run from now
   * on: admission lets no others in. Done already is done.
   *
   * @throws Superseded where another record was faster; Changed where what was judged by has changed since it was read
   */
  swap(seen: Environment, next: { head: Head; escape?: Sha256; allowed?: readonly Sha256[] }): Promise<Environment>;
  /** Puts an image under quarantine, once for each record that was taken back. @throws Superseded, Refused */
  quarantine(entry: Quarantined): Promise<Environment>;
}

const TRIES = 8;

/** What a record was admitted by. */
const BY_WHICH_IS_JUDGED = ['environment', 'policy', 'keys', 'quarantineText'] as const;

/** The environment object of a namespace. */
export function environmentObject(writer: Writer, namespace: string): EnvironmentObject {
  const ref: Ref = { kind: 'ConfigMap', namespace, name: ENVIRONMENT_OBJECT };
  const here = `ConfigMap ${namespace}/${ENVIRONMENT_OBJECT}`;
  const read = async () => {
    const found = await reaching(writer.read<Keyed>(ref));
    if (!found)
      throw new Refused(
        `There is no ${here}: nothing says which environment this is. Apply deploy/environment.yaml, filled in, as the platform team.`,
      );
    return parseEnvironment(found, here);
  };
  const write = async (version: string, data: Record<string, string>) =>
    parseEnvironment(
      await reaching(writer.patch<Keyed>(ref, 'merge', { metadata: { resourceVersion: version }, data })),
      here,
    );
  return {
    read,
    async swap(seen, { head, escape: wayOut, allowed }) {
      const { sequence, digest, commit } = head;
      const data = {
        // In the one form that admission reads.
        head: JSON.stringify({ sequence, digest, ...(commit !== undefined && { commit }) }),
        ...(wayOut && { escape: wayOut }),
        ...(allowed && { allowed: allowed.join(' ') }),
      };
      let at = seen;
      for (let tries = 0; tries < TRIES; tries++) {
        try {
          return await write(at.version, data);
        } catch (cause) {
          if (!hasChanged(cause)) throw cause;
        }
        const now = await read();
        if (now.head?.digest === head.digest && (wayOut === undefined || now.escape === wayOut)) return now;
        if (now.head?.digest !== seen.head?.digest || now.head?.sequence !== seen.head?.sequence) {
          throw new Superseded(
            `The head of ${here} is now record ${now.head?.sequence} (${now.head?.digest}): another release or recovery was faster. Sign a new record on top of it.`,
          );
        }
        if (!BY_WHICH_IS_JUDGED.every((what) => now[what] === seen[what]))
          throw new Changed(
            `Policy, keys, quarantine or name in ${here} were changed at this very moment. The head was not moved. Run this again: it is judged anew by what stands there now.`,
          );
        at = now; // something else of it was changed, such as a freeze, which is asked for at each step
      }
      throw new Superseded(`${here} changes faster than it can be written.`);
    },
    async quarantine(entry) {
      for (let tries = 0; tries < TRIES; tries++) {
        const now = await read();
        if (now.quarantine.some(({ digest, sequence }) => digest === entry.digest && sequence === entry.sequence))
          return now;
        try {
          return await write(now.version, { quarantine: appended(now.quarantineText, entry) });
        } catch (cause) {
          if (!hasChanged(cause)) throw cause;
        }
      }
      throw new Superseded(`${here} changes faster than it can be written.`);
    },
  };
}

/** @throws Refused */
function parseEnvironment({ data = {}, metadata }: Keyed, here: string): Environment {
  const { environment, policy, head, keys, freeze, quarantine, escape: wayOut } = data;
  const faults: string[] = [];
  if (!environment) faults.push('environment is missing');
  if (!isSha256(policy)) faults.push('policy is no digest');
  if (!keys) faults.push('keys is missing');
  if (wayOut && !isSha256(wayOut)) faults.push('escape is no digest');
  const readHead = json(head, faults, 'head');
  const headFits =
    readHead === undefined ||
    (isRecord(readHead) &&
      Number.isSafeInteger(readHead.sequence) &&
      Number(readHead.sequence) >= 1 &&
      isSha256(readHead.digest));
  if (!headFits) faults.push('head lacks a sequence of at least 1 or a digest');
  const listed = json(quarantine, faults, 'quarantine') ?? [];
  const listFits =
    Array.isArray(listed) &&
    listed.every(
      (one) =>
        isRecord(one) &&
        isSha256(one.digest) &&
        typeof one.reason === 'string' &&
        (one.sequence === undefined || Number.isSafeInteger(one.sequence)),
    );
  if (!listFits) faults.push('quarantine is no list of digests with reasons');
  if (faults.length > 0)
    throw new Refused(`${here} is damaged: ${faults.join(', ')}. The platform team owns it; let them mend it.`);
  return {
    environment: environment as string,
    policy: policy as Sha256,
    head: (readHead as Head | undefined) ?? null,
    keys: keys as string,
    freeze: freeze?.trim() ? freeze.trim() : undefined,
    quarantine: listed as Quarantined[],
    quarantineText: quarantine?.trim() ?? '',
    escape: wayOut ? (wayOut as Sha256) : undefined,
    version: metadata.resourceVersion ?? '',
  };
}

function appended(list: string, entry: Quarantined): string {
  const kept = list.replace(/\s*\]$/, '');
  return /^\[?$/.test(kept) ? JSON.stringify([entry]) : `${kept},${JSON.stringify(entry)}]`;
}

function json(text: string | undefined, faults: string[], what: string): unknown {
  if (text === undefined || text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    faults.push(`${what} is no JSON`); // told with all other faults; nothing is taken from the text
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
