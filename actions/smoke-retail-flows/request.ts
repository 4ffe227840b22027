import { type GateContext, InputError, inWorkspace } from '@tillgate/action-kit';
import { readBounded } from '@tillgate/host';
import type { ConnectOptions } from '@tillgate/odoo';
import { parseBaseline } from '@tillgate/retail-flows';
import type { SmokeRequest } from '@tillgate/retail-flows/run';
import type { inputs } from './inputs.ts';

const LARGEST_BASELINE = 4 * 2 ** 20;
const LARGEST_CERTIFICATE = 2 ** 20;

/** What the inputs ask for. @throws InputError, FileError */
export async function requestFrom({
  inputs: given,
  signal,
  log,
  clock,
}: GateContext<typeof inputs>): Promise<SmokeRequest> {
  const { company, warehouse, baseline, 'ca-file': ca } = given;
  const connection: ConnectOptions = {
    url: given.url,
    database: given.database,
    secret: secretOf(given),
    transport: given.transport,
    signal,
    ...(given.login !== undefined && { login: given.login }),
    ...(ca !== undefined && { ca: await textOf(ca, LARGEST_CERTIFICATE) }),
  };
  return {
    connection,
    flows: given.flows,
    company,
    warehouse,
    allowWrites: given['allow-writes-in-production'],
    setAside: company !== undefined && warehouse !== undefined,
    repeats: given.repeats,
    dry: given.dry,
    baseline: baseline === undefined ? undefined : parseBaseline(await textOf(baseline, LARGEST_BASELINE)),
    maxLatencyRatio: given['max-latency-ratio'],
    now: () => clock.now(),
    say: (line) => log.info(line),
  };
}

function secretOf(given: GateContext<typeof inputs>['inputs']): ConnectOptions['secret'] {
  const { 'api-key': apiKey, password } = given;
  if (apiKey !== undefined && password === undefined) return { apiKey };
  if (password !== undefined && apiKey === undefined) return { password };
  throw new InputError('Give either api-key or password: one of them says who goes shopping.');
}

async function textOf(path: string, limit: number): Promise<string> {
  return Buffer.from(await readBounded(inWorkspace(path), limit)).toString('utf8');
}
