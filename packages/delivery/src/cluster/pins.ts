import type { KubeObject, Ref, Writer } from '@tillgate/kubernetes';
import type { Before } from '../status.ts';
import { configurationOf, contentDigest, pinnedName, renamed, type Used } from './configuration.ts';
import { PINS } from './names.ts';
import type { Keyed, PodSpec } from './objects.ts';
import { reaching } from './reaching.ts';

/** A copy of a ConfigMap or Secret under a name that says what is in it. */
export type Pin = Pick<Used, 'kind' | 'name'>;

const PLURALS = { ConfigMap: 'configmaps', Secret: 'secrets' } as const;

/** The copies that an object names in its annotation. */
export function pinsOn(object: KubeObject | undefined): Pin[] {
  return (object?.metadata.annotations?.[PINS] ?? '')
    .split(' ')
    .filter(Boolean)
    .map((pin) => {
      const [plural, name = ''] = pin.split('/');
      return { kind: plural === PLURALS.Secret ? 'Secret' : 'ConfigMap', name };
    });
}

export const pinsText = (pins: readonly Pin[]): string =>
  [...new Set(pins.map(({ kind, name }) => `${PLURALS[kind]}/${name}`))].sort().join(' ');

/** What pods use of which a copy is named and which no longer holds what its copy does, or is gone. */
export async function changedSince(
  writer: Writer,
  namespace: string,
  spec: PodSpec,
  pins: readonly Pin[],
): Promise<{ used: Used; pin: Pin }[]> {
  const compared = await Promise.all(
    configurationOf(spec).map(async (used) => {
      const pin = pins.find(({ kind, name }) => kind === used.kind && isCopyOf(name, used.name));
      if (!pin) return [];
      const now = await reaching(writer.read<Keyed>({ kind: used.kind, namespace, name: used.name }));
      return now && pinnedName(used.name, contentDigest(now)) === pin.name ? [] : [{ used, pin }];
    }),
  );
  return compared.flat();
}

/**
 * The pods as they were configured when the copies were made: what has changed since is taken from its copy, the rest from
 * where it was. Undefined where nothing has. A copy that is gone, or holds something else, cannot be gone back to.
 */
export async function asPinned(
  writer: Writer,
  namespace: string,
  spec: PodSpec,
  pins: readonly Pin[],
): Promise<PodSpec | undefined> {
  const names = new Map<string, string>();
  for (const { used, pin } of await changedSince(writer, namespace, spec, pins)) {
    const ref: Ref = { kind: pin.kind, namespace, name: pin.name };
    const copy = await reaching(writer.read<Keyed>(ref));
    if (copy?.immutable === true && pinnedName(used.name, contentDigest(copy)) === pin.name)
      names.set(`${used.kind}/${used.name}`, pin.name);
  }
  return names.size === 0 ? undefined : renamed(spec, (kind, name) => names.get(`${kind}/${name}`) ?? name);
}

/** What the pods use that holds something else than before, and of which no copy is used in its place. */
export async function notAsBefore(
  writer: Writer,
  namespace: string,
  spec: PodSpec,
  configuration: Before['configuration'],
): Promise<string[]> {
  const used = new Set(configurationOf(spec).map(({ kind, name }) => `${kind}/${name}`));
  const different = await Promise.all(
    Object.entries(configuration).map(async ([key, before]) => {
      const [kind, name] = key.split('/') as [Used['kind'], string];
      if (used.has(`${kind}/${pinnedName(name, before)}`)) return [];
      const now = await reaching(writer.read<Keyed>({ kind, namespace, name }));
      return now && contentDigest(now) === before ? [] : [key];
    }),
  );
  return different.flat();
}

const isCopyOf = (copy: string, name: string) =>
  copy.startsWith(`${name.slice(0, 200)}-`) && /^[0-9a-f]{10}$/.test(copy.slice(name.slice(0, 200).length + 1));
