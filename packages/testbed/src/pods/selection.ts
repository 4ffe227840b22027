import type { Container, Pod, PodRuntime } from './runtime.ts';

/** Loads runtimes from their modules. @throws Error if a module has no runtime as its default export */
export async function loadRuntimes(modules: readonly string[]): Promise<PodRuntime[]> {
  return Promise.all(
    modules.map(async (url) => {
      const { default: runtime } = (await import(url)) as { default?: PodRuntime };
      if (!(runtime?.images instanceof RegExp)) throw new Error(`${url} has no PodRuntime as its default export.`);
      return runtime;
    }),
  );
}

/** The runtime that makes a process of this pod. */
export function runtimeOf(pod: Pod, runtimes: readonly PodRuntime[]): PodRuntime | 'command' | undefined {
  const container = pod.spec.containers[0] as Container;
  const runtime = runtimes.find((each) => each.images.test(container.image));
  if (runtime) return runtime;
  return runsCommand(pod) ? 'command' : undefined;
}

/** Whether a pod is one that runs a command to its end, as pods of Jobs do. */
function runsCommand(pod: Pod): boolean {
  const container = pod.spec.containers[0] as Container;
  return (pod.spec.restartPolicy ?? 'Always') !== 'Always' && (container.command ?? []).length > 0;
}

/** The same choice as a jq expression, for KWOK, which must keep its hands off such pods. */
export async function startsProcess(modules: readonly string[]): Promise<string> {
  const patterns = (await loadRuntimes(modules)).map(({ images }) => {
    if (images.flags !== '') throw new Error(`The pattern ${images} has flags, which KWOK cannot read.`);
    return `(.spec.containers[0].image | test(${JSON.stringify(images.source)}))`;
  });
  const command =
    '((.spec.restartPolicy // "Always") != "Always" and ((.spec.containers[0].command // []) | length > 0))';
  return [command, ...patterns].join(' or ');
}
