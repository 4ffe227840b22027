import type { CountWindow } from '@tillgate/analysis';
import type { Sha256 } from '@tillgate/release';
import type { Goal } from '../plan.ts';
import type { WorkloadObserved } from '../seen.ts';
import type { VirtualTime } from './time.test-kit.ts';

/** How a version behaves. */
export interface Behaviour {
  /** Share of its requests that fail. */
  errors: number;
  /** ms until a pod is ready; null: it crashes before it ever is. */
  startsIn: number | null;
}

interface Pod {
  digest: Sha256;
  readyAt: number;
}

/** A workload and what its controller has made of it. */
export interface Workload {
  image: Sha256;
  replicas: number;
  pods: Pod[];
  version: number;
  epoch: number;
}

export interface Routing {
  share: number;
  route: Goal['route'];
  version: number;
  epoch: number;
}

/** One second, and so many requests in it. */
const [SECOND, RATE] = [1_000, 20];
const WINDOW = 15_000;

/**
 * A small cluster: two workloads whose pods take time to start and are replaced one by one, a router that answers
 * nothing at all when one of its members has nobody to serve, and clients that never stop. It counts what
 * became of every request, as clients see it.
 */
export class World {
  readonly time: VirtualTime;
  readonly behaviour: Record<Sha256, Behaviour>;
  stable: Workload;
  candidate: Workload | null = null;
  /** The fewest pods that an autoscaler allows for stable; null: nothing scales it. */
  autoscaled: number | null = null;
  routing: Routing = { share: 0, route: 'open', version: 1, epoch: 0 };
  /** Requests, and those that nobody served. */
  clients = { all: 0, nowhere: 0 };
  /** Moments at which requests would have gone nowhere: weights towards nobody. Each with what was there. */
  nowhere: string[] = [];
  /** Every digest that was ever asked for, to be held against the plan. */
  readonly asked = new Set<Sha256>();
  readonly #windows: CountWindow[] = [];
  #open = { candidate: { total: 0, bad: 0 }, stable: { total: 0, bad: 0 } };

  constructor(time: VirtualTime, running: Sha256, behaviour: Record<Sha256, Behaviour>) {
    this.time = time;
    this.behaviour = behaviour;
    this.stable = this.#workload(running, 3, time.now);
    time.onPassing((from, to) => this.#pass(from, to));
  }

  create(image: Sha256, replicas: number): Workload {
    this.asked.add(image);
    return this.#workload(image, replicas, this.time.now + (this.behaviour[image]?.startsIn ?? Infinity));
  }

  ready(workload: Workload | null): Pod[] {
    return workload?.pods.filter(({ readyAt }) => readyAt <= this.time.now) ?? [];
  }

  observe(workload: Workload): WorkloadObserved {
    const ready = this.ready(workload);
    const crashing = workload.pods.filter(({ readyAt }) => readyAt === Infinity).length;
    return {
      image: workload.image,
      settled: workload.pods.length === workload.replicas,
      desired: workload.replicas,
      ready: ready.length,
      running: [...new Set(ready.map(({ digest }) => digest))],
      crashing,
      restarts: 0,
      stuck: [],
    };
  }

  windowsSince(cursor: number): CountWindow[] {
    return this.#windows.filter(({ from }) => from >= cursor);
  }

  /** Checks at this very moment that whoever comes is served. */
  check(after: string): void {
    if (this.#served()) return;
    const [stable, candidate] = [this.ready(this.stable).length, this.ready(this.candidate).length];
    this.nowhere.push(`${after}: share ${this.routing.share}, ${stable} stable and ${candidate} candidate pods ready`);
  }

  /** Traefik answers 404 to everything where one member of a weighted service has no endpoint. */
  #served(): boolean {
    const candidateServes = this.routing.share === 0 || this.ready(this.candidate).length > 0;
    return candidateServes && this.ready(this.stable).length > 0;
  }

  #pass(from: number, to: number): void {
    for (let at = Math.ceil((from + 1) / SECOND) * SECOND; at <= to; at += SECOND) {
      this.#roll(this.stable, at);
      this.#roll(this.candidate, at);
      this.check(`at ${at}`);
      this.#serve();
      if (at % WINDOW === 0) this.#close(at);
    }
  }

  /** A rolling update: one pod more at most, and none less. */
  #roll(workload: Workload | null, at: number): void {
    if (!workload) return;
    const { pods, image, replicas } = workload;
    const old = pods.filter(({ digest }) => digest !== image);
    const fresh = pods.filter(({ digest }) => digest === image);
    const serving = pods.filter(({ readyAt }) => readyAt <= at).length;
    if (old.length > 0 && serving > replicas) pods.splice(pods.indexOf(old[0] as Pod), 1);
    else if (fresh.length < replicas && pods.length <= replicas) {
      pods.push({ digest: image, readyAt: at + (this.behaviour[image]?.startsIn ?? Infinity) });
    } else if (pods.length > replicas && old.length === 0) pods.pop();
    else if (old.length > 0) {
      const starting = old.find(({ readyAt }) => readyAt > at);
      if (starting) pods.splice(pods.indexOf(starting), 1);
    }
  }

  #serve(): void {
    this.clients.all += RATE;
    if (!this.#served()) {
      this.clients.nowhere += RATE;
      return;
    }
    const toCandidate = (RATE * this.routing.share) / 10_000;
    this.#count('candidate', this.candidate, toCandidate);
    this.#count('stable', this.stable, RATE - toCandidate);
  }

  #count(arm: 'candidate' | 'stable', workload: Workload | null, requests: number): void {
    const ready = this.ready(workload);
    for (const { digest } of ready) {
      this.#open[arm].total += requests / ready.length;
      this.#open[arm].bad += (requests / ready.length) * (this.behaviour[digest]?.errors ?? 0);
    }
  }

  #close(to: number): void {
    const { candidate, stable } = this.#open;
    const tally = ({ total, bad }: { total: number; bad: number }) => ({ total, bad: [bad] });
    const stratum = { tenant: '', endpoint: '', candidate: tally(candidate), stable: tally(stable) };
    this.#windows.push({ from: to - WINDOW, to, metrics: { errors: [stratum] } });
    this.#open = { candidate: { total: 0, bad: 0 }, stable: { total: 0, bad: 0 } };
  }

  #workload(image: Sha256, replicas: number, readyAt: number): Workload {
    const pods = Array.from({ length: replicas }, () => ({ digest: image, readyAt }));
    return { image, replicas, pods, version: 1, epoch: 0 };
  }
}
