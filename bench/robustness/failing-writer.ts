import { KubernetesError, type Writer } from '@tillgate/kubernetes';

/** The same cluster over a bad line: half of the calls that fail were never sent, of the other half the answer is lost. */
export function failingWriter(over: Writer, failing: number): Writer {
  const lost = () => new KubernetesError('unreachable', 'The connection was reset (as the benchmark has it).');
  return new Proxy(over, {
    get(_, name) {
      const member = over[name as keyof Writer] as unknown;
      if (typeof member !== 'function' || failing === 0) return member;
      return async (...given: unknown[]) => {
        const fate = Math.random();
        if (fate < failing / 2) throw lost();
        const value = await (member as (...all: unknown[]) => unknown)(...given);
        if (fate < failing) throw lost();
        return value;
      };
    },
  });
}
