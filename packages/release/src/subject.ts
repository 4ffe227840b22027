import { digestOfValue } from './canonical.ts';
import { digestOf, type Sha256 } from './sha256.ts';
import { CHANGE_KINDS, type ChangeKind } from './words.ts';

/** One thing that is on its way: a container image or a bundle of configuration, known by digest. */
export interface Artifact {
  kind: 'image' | 'config';
  /** The name without registry host and without tag: hosts can be secret, and tags move. */
  name: string;
  digest: Sha256;
}

/** What a release is: artifacts and one commit on their way to one environment, for these units (tenants). */
export interface Subject {
  /** Digest over all other fields: two releases with the same content have the same digest. */
  release: Sha256;
  /** The full commit id: 40 (SHA-1) or 64 (SHA-256) lower-case hex digits. */
  commit: string;
  environment: string;
  artifacts: Artifact[];
  /** The tenants concerned, as a digest of their sorted names and a count. */
  units: { digest: Sha256; count: number };
}

/** The id of a tenant or other unit that a release concerns. */
export type UnitId = string;

/** The units of a release that concerns one undivided installation. */
export const WHOLE_INSTALLATION: readonly UnitId[] = ['*'];

/** Makes a subject; the order in which artifacts and units are given does not matter. */
export function subjectOf(parts: {
  commit: string;
  environment: string;
  artifacts: readonly Artifact[];
  units?: readonly UnitId[];
}): Subject {
  const units = [...new Set(parts.units ?? WHOLE_INSTALLATION)].sort();
  const artifacts = [...parts.artifacts].sort(
    (a, b) => compare(a.kind, b.kind) || compare(a.name, b.name) || compare(a.digest, b.digest),
  );
  const content = {
    commit: parts.commit,
    environment: parts.environment,
    artifacts,
    units: { digest: digestOf(units.join('\n')), count: units.length },
  };
  return { release: digestOfValue(content), ...content };
}

/** Tells whether the subject's release digest is the one its content gives: a foreign or edited subject is not. */
export function isGenuine(subject: Subject): boolean {
  const { release, ...content } = subject;
  return digestOfValue(content) === release;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What kinds of change a release brings, as its artifacts tell: an image is code, configuration is infrastructure. */
export function changeKindsOf(subject: Pick<Subject, 'artifacts'>): ChangeKind[] {
  const kinds = new Set(
    subject.artifacts.map(({ kind }): ChangeKind => (kind === 'image' ? 'application' : 'infrastructure')),
  );
  return CHANGE_KINDS.filter((kind) => kinds.has(kind));
}
