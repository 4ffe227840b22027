import { describe, expect, it } from '@jest/globals';
import { KubernetesError, type Writer } from '@tillgate/kubernetes';
import { patientReads } from './patient-reads.ts';

/** A cluster that fails so often with this before it answers. */
function failing(
  times: number,
  reason: 'unreachable' | 'timeout' | 'forbidden' | 'throttled',
  { retryAfterMs, hurry }: { retryAfterMs?: number; hurry?: AbortSignal } = {},
) {
  const asked: string[] = [];
  const answer = (name: string) => async () => {
    asked.push(name);
    if (asked.length <= times) throw new KubernetesError(reason, 'No.', { retryAfterMs });
    return name;
  };
  const names = ['read', 'list', 'now', 'uid', 'create', 'apply', 'patch', 'remove', 'watch'];
  const members = Object.fromEntries(names.map((name) => [name, answer(name)]));
  return { asked, writer: patientReads({ ...members, credentials: [], requests: 0 } as unknown as Writer, hurry) };
}

const REF = { kind: 'ConfigMap', namespace: 'shop', name: 'a' } as const;

describe('questions to a cluster that is hard to reach', () => {
  it('are asked again, up to five times', async () => {
    const four = failing(4, 'unreachable');
    expect(await four.writer.read(REF)).toBe('read');
    expect(four.asked).toHaveLength(5);
    await expect(failing(5, 'unreachable').writer.now()).rejects.toThrow(KubernetesError);
  });

  it.each(['timeout', 'forbidden'] as const)('are not asked again where the answer was "%s"', async (reason) => {
    const { writer, asked } = failing(1, reason);
    await expect(writer.read(REF)).rejects.toThrow(KubernetesError);
    expect(asked).toHaveLength(1);
  });

  it('are not asked again where the server wants a long rest', async () => {
    await expect(failing(1, 'throttled', { retryAfterMs: 30_000 }).writer.read(REF)).rejects.toThrow(KubernetesError);
    expect(await failing(1, 'throttled', { retryAfterMs: 1 }).writer.read(REF)).toBe('read');
  });

  it('are not asked again by a run that was told to stop', async () => {
    const { writer, asked } = failing(1, 'unreachable', { hurry: AbortSignal.abort() });
    await expect(writer.read(REF)).rejects.toThrow(KubernetesError);
    expect(asked).toHaveLength(1);
  });

  it('never writes twice by itself', async () => {
    const { writer, asked } = failing(1, 'unreachable');
    await expect(writer.patch(REF, 'merge', {})).rejects.toThrow(KubernetesError);
    expect(asked).toEqual(['patch']);
  });
});
