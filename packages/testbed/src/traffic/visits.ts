import { type Arrivals, arrivalTimes } from './arrivals.ts';
import { streams, type Uniform, weighted } from './random.ts';

/** A shop of its own behind the common address, known by its host name. */
export interface Tenant {
  host: string;
  /** Its part of the traffic, relative to the others. 1 unless told. */
  weight?: number;
}

/** One kind of request that clients make. */
export interface Ask {
  /** What the record calls it. */
  name: string;
  method: 'GET' | 'POST';
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** How often, relative to the others. 1 unless told. */
  weight?: number;
}

/** How people behave. By Little's law, about rate x `thinkSeconds` sessions are open at any time. */
export interface Sessions {
  /** Nobody makes two requests within this time. */
  thinkSeconds: number;
  /** How many requests a session makes on average; the number is geometric. */
  meanRequests: number;
}

/** What arrives: everything that the seed decides, and nothing that depends on the answers. */
export interface Demand {
  seed: number;
  arrivals: Arrivals;
  tenants: readonly Tenant[];
  requests: readonly Ask[];
  sessions: Sessions;
}

/** One intended request. */
export interface Visit {
  /** Seconds from the start of the load. */
  at: number;
  /** Index of the tenant. */
  tenant: number;
  /** Index of the request. */
  request: number;
  /** Number of the session, rising over all tenants in the order of their first request. */
  session: number;
  /** Whether the session makes no further request. */
  last: boolean;
}

/**
 * The endless sequence of intended requests. The same demand always gives the same sequence: sessions do
 * not wait for answers either, so a slow server changes nothing about what is asked of it.
 */
export function* visits(demand: Demand): Generator<Visit, never> {
  const source = streams(demand.seed);
  const times = arrivalTimes(demand.arrivals, source.next().value);
  const tenant = weighted(weightsOf(demand.tenants), source.next().value);
  const request = weighted(weightsOf(demand.requests), source.next().value);
  const session = people(demand.sessions, source.next().value);
  for (;;) {
    const at = times.next().value;
    const ofTenant = tenant();
    yield { at, tenant: ofTenant, request: request(), ...session(ofTenant, at) };
  }
}

const weightsOf = (of: readonly { weight?: number }[]) => of.map(({ weight }) => weight ?? 1);

/** Picks who makes the next request of a tenant: anyone who has rested since the last one, else someone new. */
function people({ thinkSeconds, meanRequests }: Sessions, uniform: Uniform) {
  if (!(thinkSeconds >= 0)) throw new RangeError(`Sessions: thinkSeconds must be at least 0, not ${thinkSeconds}.`);
  if (!(meanRequests >= 1)) throw new RangeError(`Sessions: meanRequests must be at least 1, not ${meanRequests}.`);
  const tenants = new Map<number, { rested: number[]; resting: { session: number; until: number }[]; next: number }>();
  let count = 0;

  return (tenant: number, at: number): { session: number; last: boolean } => {
    const own = tenants.get(tenant) ?? { rested: [], resting: [], next: 0 };
    tenants.set(tenant, own);
    // All rest equally long, so the queue is in the order of its ends; what was read is cut off now and then.
    for (let first = own.resting[own.next]; first && first.until <= at; first = own.resting[++own.next]) {
      own.rested.push(first.session);
    }
    if (own.next > 1024) {
      own.resting = own.resting.slice(own.next);
      own.next = 0;
    }

    const session = own.rested.length > 0 ? takeOne(own.rested, uniform) : count++;
    const last = uniform() * meanRequests < 1;
    if (!last) own.resting.push({ session, until: at + thinkSeconds });
    return { session, last };
  };
}

/** Takes a random element out; the order of the others does not matter. */
function takeOne(from: number[], uniform: Uniform): number {
  const index = Math.floor(uniform() * from.length);
  const taken = from[index] as number;
  const end = from.pop() as number;
  if (index < from.length) from[index] = end;
  return taken;
}
