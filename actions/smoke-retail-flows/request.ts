import { type GateContext, InputError, inWorkspace } from '@tillgate/action-kit';
import { readBounded } from '@tillgate/host';
import type { ConnectOptions } from '@tillgate/odoo';
import { instantOf } from '@tillgate/release';
import { type Baseline, parseBaseline } from '@tillgate/retail-flows';
import type { TenantsRequest } from '@tillgate/retail-flows/run';
import type { inputs } from './inputs.ts';
import { tenantsFrom } from './tenants.ts';

type Context = GateContext<typeof inputs>;

/** Of the time that is left once the run is cancelled, so much is for taking back; the rest is for telling. */
const TAKING_BACK_MS = 8_000;

const LARGEST_BASELINE = 64 * 2 ** 20;
const LARGEST_CERTIFICATE = 2 ** 20;

/** What the inputs ask for, as far as the policy lets them: they can only tighten. @throws InputError, FileError */
export async function requestFrom(context: Context): Promise<TenantsRequest> {
  const { inputs: given, policy, signal, log, clock, trusted } = context;
  const demands = policy.whole.smoke.classes[policy.class];
  const { 'ca-file': ca, 'flows-file': own, concurrency } = given;
  const shared: Pick<ConnectOptions, 'transport' | 'signal' | 'ca'> = {
    transport: given.transport,
    signal: after(signal, TAKING_BACK_MS),
    ...(ca !== undefined && { ca: await textOf(ca, LARGEST_CERTIFICATE) }),
  };
  const tenants = await tenantsFrom(context, shared);
  return {
    tenants,
    concurrency,
    flows: given.flows,
    required: demands.flows,
    own: own === undefined ? [] : await ownFlows((await trusted.read(own, signal)).bytes, own, context.temp),
    allowWrites: given['allow-writes-in-production'],
    repeats: Math.max(given.repeats ?? 1, demands.repeats),
    dry: given.dry,
    keepData: given['keep-data'],
    baseline: await baselineFrom(given.baseline, concurrency),
    mustCompare: demands.baseline === 'required',
    maxLatencyRatio: Math.min(given['max-latency-ratio'] ?? demands.maxLatencyRatio, demands.maxLatencyRatio),
    stop: signal,
    at: instantOf(clock.now()),
    now: () => clock.now(),
    say: (line) => log.info(line),
  };
}

/** Aborts so many milliseconds later than the other signal. */
function after(signal: AbortSignal, ms: number): AbortSignal {
  const later = new AbortController();
  signal.addEventListener('abort', () => setTimeout(() => later.abort(signal.reason), ms), { once: true });
  return later.signal;
}

async function ownFlows(bytes: Uint8Array, name: string, temp: string) {
  const { readOwnFlows } = await import('@tillgate/retail-flows/files');
  return readOwnFlows(bytes, name, temp);
}

/** Times taken with more or less at once are other times. @throws InputError */
async function baselineFrom(path: string | undefined, concurrency: number): Promise<Baseline | undefined> {
  if (path === undefined) return undefined;
  const baseline = parseBaseline(await textOf(path, LARGEST_BASELINE));
  if (baseline.concurrency === concurrency) return baseline;
  throw new InputError(
    `The baseline was taken with concurrency ${baseline.concurrency} and this run has ${concurrency}: such times cannot be compared. Give the same concurrency, or take a new baseline.`,
  );
}

async function textOf(path: string, limit: number): Promise<string> {
  return Buffer.from(await readBounded(inWorkspace(path), limit)).toString('utf8');
}
