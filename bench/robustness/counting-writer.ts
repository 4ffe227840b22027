import type { Kind, Ref, Writer } from '@tillgate/kubernetes';

/** Calls so far, by what was done and to which kind: `read ConfigMap`. */
export type Calls = Record<string, number>;

/** The same cluster, with what is asked of it counted. */
export function countingWriter(over: Writer): { writer: Writer; calls: Calls } {
  const calls: Calls = {};
  const writer = new Proxy(over, {
    get(_, name) {
      const member = over[name as keyof Writer] as unknown;
      if (typeof member !== 'function') return member;
      return (first: Ref | Kind | undefined, ...rest: unknown[]) => {
        const kind = typeof first === 'object' ? first.kind : (first ?? '');
        const call = `${String(name)} ${kind}`;
        calls[call] = (calls[call] ?? 0) + 1;
        return (member as (...all: unknown[]) => unknown)(first, ...rest);
      };
    },
  });
  return { writer, calls };
}
