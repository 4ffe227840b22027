import { namespaceWay } from './bed/bed.ts';
import { type Component, component, presentComponent } from './components/component.ts';
import { type ComponentName, recipeOf } from './components/recipes/index.ts';

/** Whether a missing component is a failure instead of a test that does not run: set in `.ci/run`. */
export const requireAll = process.env.TILLGATE_REQUIRE_ALL === '1';

/** The components a test asked for, or why it is not run. */
export type Needed<N extends ComponentName> = { readonly [K in N]: Component };

/**
 * The components a test needs. Ask at the top of a component test's file and hand the answer to
 * `describe`'s conditional form:
 *
 * ```ts
 * const tools = await need('trivy', 'fixture-db');
 * (tools ? describe : describe.skip)('a scan', () => { … tools!.trivy.path … });
 * ```
 *
 * If one is missing, the output says `not run: trivy, because …` and the answer is undefined. With
 * TILLGATE_REQUIRE_ALL=1 it is built instead, and a component that cannot be had is an error.
 *
 * @throws MissingComponent only with TILLGATE_REQUIRE_ALL=1
 */
export async function need<N extends ComponentName>(...names: N[]): Promise<Needed<N> | undefined> {
  const found: Partial<Record<N, Component>> = {};
  for (const name of names) {
    const present = requireAll ? await component(name) : await presentComponent(name);
    if (!present) {
      notRun(
        name,
        `it is neither on PATH nor in the cache; \`npm run testbed -- get ${name}\` gets it (${recipeOf(name).about})`,
      );
      return undefined;
    }
    found[name] = present;
  }
  return found as Needed<N>;
}

/** The same for a test that needs a bed: this machine must let a network namespace be made as well. */
export async function needBed<N extends ComponentName>(...names: N[]): Promise<Needed<N> | undefined> {
  const way = namespaceWay();
  if ('because' in way) {
    notRun('a network namespace', way.because);
    return undefined;
  }
  return need(...names);
}

/** Says that a test is not run for want of something; with TILLGATE_REQUIRE_ALL=1 that is an error. */
export function notRun(what: string, because: string): void {
  const line = `not run: ${what}, because ${because}`;
  if (requireAll) throw new Error(line);
  process.stderr.write(`${line}\n`);
}
