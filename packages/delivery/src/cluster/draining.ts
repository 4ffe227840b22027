import type { Container, PodSpec } from './objects.ts';

interface Hook {
  sleep?: { seconds: number };
  exec?: { command?: string[] };
  httpGet?: object;
}

interface Probe {
  periodSeconds?: number;
  failureThreshold?: number;
}

/** What Kubernetes takes where a pod does not say it, in seconds and failures. */
const GRACE_SECONDS = 30;
const PERIOD_SECONDS = 10;
const FAILURES = 3;

/** How long a router may take to hear that a pod is unready, in seconds: Traefik's providersThrottleDuration, unless told. */
const HEARD_SECONDS = 2;

/** A command that does nothing but wait. */
const ONLY_SLEEPS = /^(\S*sh -c )?(\S*\/)?sleep [\d.]+[smh]?;?$/;
/** Whole seconds, and nothing that repeats or computes them. */
const SLEEPS = /\bsleep (\d+)(?![\w.])/g;
const UNSAID = /\b(while|until|for)\b|\bsleep (?!\d+(?![\w.]))/;

/**
 * Why requests of bound sessions would be lost whenever a pod of this template ends; undefined where the template does not
 * show it. A router that binds sessions to pods goes on sending them to one that terminates for as long as it is ready. So a
 * pod must be unready, and the router must have heard of it, while its process still answers. That the probe looks at what
 * the hook does cannot be seen in a template.
 *
 * @param container the one that answers
 */
export function drainingFault(spec: PodSpec, container: string): string | undefined {
  const main = spec.containers.find(({ name }) => name === container);
  if (!main) return undefined; // refused by itself
  // A pod is unready as soon as one of its containers is.
  const telling = spec.containers.filter((one) => probeOf(one) !== undefined && tells(hookOf(one)));
  if (telling.length === 0)
    return 'its pods stay ready until they end, because no container has both a readiness probe and a preStop hook that could make it fail';
  const unready = Math.min(...telling.map(unreadyAfter));
  const lasts = Math.min(
    lastsFor(hookOf(main)),
    (spec.terminationGracePeriodSeconds as number | undefined) ?? GRACE_SECONDS,
  );
  if (unready + HEARD_SECONDS <= lasts) return undefined;
  return `its pods may take ${unready} s to be unready (periodSeconds x failureThreshold) and the router ${HEARD_SECONDS} s to hear of it, but container "${container}" is told to end after ${lasts} s (preStop, terminationGracePeriodSeconds)`;
}

const hookOf = ({ lifecycle }: Container) => (lifecycle as { preStop?: Hook } | undefined)?.preStop;

const probeOf = ({ readinessProbe }: Container) => readinessProbe as Probe | undefined;

const wordsOf = ({ exec }: Hook) => (exec?.command ?? []).join(' ').trim();

/** Whether a hook does anything that a probe could see. */
function tells(hook: Hook | undefined): boolean {
  return (
    hook !== undefined && (hook.httpGet !== undefined || (hook.exec !== undefined && !ONLY_SLEEPS.test(wordsOf(hook))))
  );
}

/** Seconds from the hook's beginning until a pod is unready, at most. */
function unreadyAfter(one: Container): number {
  const { periodSeconds = PERIOD_SECONDS, failureThreshold = FAILURES } = probeOf(one) ?? {};
  return periodSeconds * failureThreshold;
}

/** Seconds that a hook lasts; where its words do not say it, as long as Kubernetes lets it. */
function lastsFor(hook: Hook | undefined): number {
  if (hook === undefined) return 0;
  if (hook.sleep) return hook.sleep.seconds;
  const words = wordsOf(hook);
  const said = [...words.matchAll(SLEEPS)].map(([, seconds]) => Number(seconds));
  if (said.length === 0 || UNSAID.test(words)) return Number.POSITIVE_INFINITY;
  return said.reduce((sum, seconds) => sum + seconds, 0);
}
