import { type DeliveryBed, writerAs } from './bed.test-kit.ts';
import type { Keyed, Pod, PodSpec } from './objects.ts';
import { isReady } from './pods.ts';
import type { Scene } from './scene.test-kit.ts';

/**
 * The image of the one pod that is ready, and what it is told by environment, volume and projected volume.
 *
 * @throws Error where not exactly one is ready
 */
export async function configured(
  bed: DeliveryBed,
  { namespace }: Scene,
): Promise<{ image: string | undefined; workers: unknown[] }> {
  const hand = writerAs(bed, 'kubectl');
  const pods = await hand.list<Pod & { spec: PodSpec }>('Pod', namespace, 'app=odoo');
  const ready = pods.filter(({ metadata, ...one }) => !metadata.deletionTimestamp && isReady({ metadata, ...one }));
  const [pod] = ready;
  if (!pod || ready.length > 1) throw new Error(`${ready.length} pods are ready in ${namespace}, not one.`);
  const names = [
    pod.spec.containers[0]?.envFrom?.[0]?.configMapRef?.name,
    pod.spec.volumes?.find(({ configMap }) => configMap)?.configMap?.name,
    pod.spec.volumes?.find(({ name }) => name === 'both')?.projected?.sources?.[0]?.configMap?.name,
  ];
  const workers = await Promise.all(
    names.map(async (name = '') => (await hand.read<Keyed>({ kind: 'ConfigMap', namespace, name }))?.data?.WORKERS),
  );
  return { image: pod.spec.containers[0]?.image.split('@')[1], workers };
}
