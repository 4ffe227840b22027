import { type KubeObject, KubernetesError } from '@tillgate/kubernetes';
import { Refused } from '../ports.ts';
import { MANAGER } from './names.ts';

/** Whoever owns a field besides us: its name, and since when. */
interface Owner {
  manager: string;
  since: string;
}

/**
 * Who else owns a field. `path` goes through managedFields: `['f:spec', 'f:weighted', 'f:services']`. Somebody who
 * owns a part below it, or the whole above it, owns it too.
 */
export function ownersOf(object: KubeObject, path: readonly string[]): Owner[] {
  return (object.metadata.managedFields ?? []).flatMap(({ manager = 'somebody', time = '', fieldsV1 }) => {
    if (manager === MANAGER) return [];
    return owns(fieldsV1, path) ? [{ manager, since: time }] : [];
  });
}

/** A field without any below it is owned whole, as an atomic list or struct is. */
function owns(fields: unknown, path: readonly string[]): boolean {
  let here = fields as Record<string, unknown> | undefined;
  for (const part of path) {
    here = here?.[part] as typeof here;
    if (here === undefined) return false;
    if (Object.keys(here).length === 0) return true;
  }
  return true;
}

/** The path of a container's image in managedFields. */
export function imagePath(container: string): string[] {
  return ['f:spec', 'f:template', 'f:spec', 'f:containers', `k:${JSON.stringify({ name: container })}`, 'f:image'];
}

/** Says who owns what, why that is in the way, and how it is given up. */
export function toldOwner(what: string, owner: Owner, give: string): string {
  return `${what} belongs to "${owner.manager}"${owner.since && ` since ${owner.since}`}: a delivery would be undone by it. ${give}`;
}

/**
 * What a refused server-side apply comes to. Fields that are ours under another operation (the watchdog's patches, made
 * under our name) may be taken; what belongs to somebody else may not.
 *
 * @returns true where the apply may be repeated with force
 * @throws Refused naming whom it belongs to
 */
export function mayTake(cause: unknown, what: string): boolean {
  if (!(cause instanceof KubernetesError) || cause.owners.length === 0) return false;
  const others = cause.owners.filter(({ manager }) => manager !== MANAGER);
  if (others.length === 0) return true;
  const whose = others.map(({ manager, field }) => `${field} belongs to "${manager}"`).join(', ');
  throw new Refused(
    `${what} is not ours to change: ${whose}. Let that owner give the field up (docs/how-to/deliver.md), then start again.`,
    { cause },
  );
}
