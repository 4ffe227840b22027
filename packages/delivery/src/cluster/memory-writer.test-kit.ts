import { type KubeObject, KubernetesError, type Ref, type Writer } from '@tillgate/kubernetes';

type Stored = KubeObject & { data?: Record<string, string> };

/** An API server as small as it can be: objects by name, versions, merge patches under the version that was read. */
export function memoryWriter(now = () => Date.parse('2026-01-01T00:00:00Z')) {
  const objects = new Map<string, Stored>();
  let version = 0;
  const keyOf = ({ kind, namespace, name }: Ref) => `${kind} ${namespace}/${name}`;
  const put = (ref: Ref, object: Stored): Stored => {
    version++;
    const metadata = { ...object.metadata, name: ref.name, resourceVersion: String(version) };
    objects.set(keyOf(ref), structuredClone({ ...object, metadata }));
    return structuredClone(objects.get(keyOf(ref)) as Stored);
  };
  const writer = {
    credentials: [],
    requests: 0,
    now: async () => now(),
    read: async (ref: Ref) => structuredClone(objects.get(keyOf(ref))),
    async create(ref: Ref, object: Stored) {
      if (objects.has(keyOf(ref))) throw new KubernetesError('exists', `${keyOf(ref)} is there.`);
      return put(ref, object);
    },
    async patch(ref: Ref, _: string, patch: Stored) {
      const found = objects.get(keyOf(ref));
      if (!found) throw new KubernetesError('not-found', `${keyOf(ref)} is not there.`);
      const read = patch.metadata?.resourceVersion;
      if (read !== undefined && read !== found.metadata.resourceVersion)
        throw new KubernetesError('conflict', `${keyOf(ref)} has changed.`);
      return put(ref, merged(found, patch) as Stored);
    },
    async remove(ref: Ref) {
      objects.delete(keyOf(ref));
    },
  } as unknown as Writer;
  const all = (kind: Ref['kind']) =>
    [...objects].flatMap(([key, object]) =>
      key.startsWith(`${kind} `) ? [object as Stored & Record<string, unknown>] : [],
    );
  return { writer, objects: { at: (ref: Ref) => objects.get(keyOf(ref)), put, all } };
}

/** JSON Merge Patch, RFC 7396. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(target as object) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}
