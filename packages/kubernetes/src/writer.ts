import { type Api, type ApiOptions, openApi } from './api.ts';
import { collectionPath, KINDS, type Kind, type KubeObject, objectPath, type Ref } from './kinds.ts';

export interface WriterOptions extends ApiOptions {
  /** Who writes, as the API server keeps it with each field. */
  manager: string;
}

/** Kinds of patches: JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396). */
export type PatchType = 'json' | 'merge';

/**
 * A cluster that can be written to. What fails for a reason that passes is tried again a few times, whether it was done or
 * not: let every write carry the version it was read under, so that doing it twice is refused or changes nothing. All
 * calls throw KubernetesError.
 */
export interface Writer extends Pick<Api, 'credentials' | 'requests' | 'now' | 'uid'> {
  /** One object, or undefined where there is none. */
  read<T extends KubeObject>(ref: Ref): Promise<T | undefined>;
  /** The objects of a kind; `selector` as kubectl takes it. */
  list<T extends KubeObject>(kind: Kind, namespace: string, selector?: string): Promise<T[]>;
  /** One object as it is now, and again whenever it is written or deleted, for five minutes at most. See `Api.watch`. */
  watch<T extends KubeObject>(ref: Ref, told: (object: T) => void, signal: AbortSignal): Promise<void>;
  create<T extends KubeObject>(
    ref: Ref,
    object: Omit<T, 'metadata'> & { metadata?: Partial<T['metadata']> },
  ): Promise<T>;
  /**
   * Server-side apply as the manager: what is not in the object is left alone, and what belongs to somebody else
   * is a conflict. With `metadata.resourceVersion` it is refused if the object has changed.
   *
   * @param force takes fields from their owners; only for fields that are ours under another name
   */
  apply<T extends KubeObject>(ref: Ref, object: object, options?: { force?: boolean }): Promise<T>;
  /** With `metadata.resourceVersion` in a merge patch it is refused if the object has changed. */
  patch<T extends KubeObject>(ref: Ref, type: PatchType, patch: unknown): Promise<T>;
  /** Deletes exactly the object that was seen; one that is gone is no error. */
  remove(ref: Ref, seen: { uid: string; resourceVersion?: string }): Promise<void>;
}

const TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** Opens a cluster for writing, by a kubeconfig's text. @throws KubernetesError for a kubeconfig that cannot be used */
export function openWriter(kubeconfig: string, { manager, ...options }: WriterOptions): Writer {
  const api = openApi(kubeconfig, options);
  const owner = `fieldManager=${encodeURIComponent(manager)}`;
  const named = ({ kind, namespace, name }: Ref) => `${kind} ${namespace}/${name}`;
  const whole = ({ kind, namespace, name }: Ref, object: { metadata?: object }) => ({
    ...object,
    apiVersion: KINDS[kind].apiVersion,
    kind,
    metadata: { ...object.metadata, namespace, name },
  });

  return {
    credentials: api.credentials,
    get requests() {
      return api.requests;
    },
    read: (ref) => api.find({ about: named(ref), method: 'GET', path: objectPath(ref) }),
    async list<T extends KubeObject>(kind: Kind, namespace: string, selector?: string) {
      const query = selector ? `?labelSelector=${encodeURIComponent(selector)}` : '';
      const { items } = await api.call<{ items: T[] }>({
        about: `the list of ${KINDS[kind].plural} in ${namespace}`,
        method: 'GET',
        path: `${collectionPath(kind, namespace)}${query}`,
      });
      return items;
    },
    watch: (ref, told, signal) => {
      const path = `${collectionPath(ref.kind, ref.namespace)}?fieldSelector=${encodeURIComponent(`metadata.name=${ref.name}`)}`;
      return api.watch({ about: `a watch of ${named(ref)}`, path }, told, signal);
    },
    create: (ref, object) =>
      api.call({
        about: named(ref),
        method: 'POST',
        path: `${collectionPath(ref.kind, ref.namespace)}?${owner}`,
        body: whole(ref, object),
      }),
    apply: (ref, object, { force = false } = {}) =>
      api.call({
        about: named(ref),
        method: 'PATCH',
        path: `${objectPath(ref)}?${owner}&force=${force}`,
        body: whole(ref, object),
        type: TYPES.apply,
      }),
    patch: (ref, type, patch) =>
      api.call({
        about: named(ref),
        method: 'PATCH',
        path: `${objectPath(ref)}?${owner}`,
        body: patch,
        type: TYPES[type],
      }),
    async remove(ref, { uid, resourceVersion }) {
      const preconditions = { uid, ...(resourceVersion !== undefined && { resourceVersion }) };
      const body = { propagationPolicy: 'Background', preconditions };
      await api.find({ about: named(ref), method: 'DELETE', path: objectPath(ref), body });
    },
    now: api.now,
    uid: api.uid,
  };
}
