import type { CountWindow, Fault, Reading, Timing } from '@tillgate/analysis';
import type { LaneId, SafeState } from './plan.ts';
import type { Command, Observed, Permits } from './seen.ts';
import type { Act, Before, Patch, Status } from './status.ts';

/** The right to act, good for as long as nobody has taken a higher epoch. */
export interface Fence {
  epoch: number;
}

/** Raised when somebody else has taken over: whoever gets it stops, and touches nothing any more. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/** Raised when the world could not be reached or was too busy: the same thing may be tried again. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** Raised when what is there does not let a release be delivered; the message says what to do. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** Where something lies that nobody can read. */
interface Spoilt {
  /** As of a status that can be read. */
  at: number;
  version: string;
  /** The highest epoch that anybody has taken, as far as it can be told without it. */
  epoch: number;
}

/**
 * Raised for a state that is too large, of a newer schema, or no status at all. Nobody begins or goes on with it; only whoever
 * drives already knows what stood there, and writes it over this version.
 */
export class Unreadable extends Refused implements Spoilt {
  readonly at: number;
  readonly version: string;
  readonly epoch: number;

  constructor(message: string, { at, version, epoch }: Spoilt, options?: ErrorOptions) {
    super(message, options);
    [this.at, this.version, this.epoch] = [at, version, epoch];
  }
}

/** The place that a release is delivered to. */
export interface Target {
  /** Production before anything is touched. @throws Refused where it is nothing that can be delivered to */
  before(): Promise<Before>;
  /** Stamps the epoch on all objects that are ours. @throws Superseded */
  claim(epoch: number): Promise<Fence>;
  observe(lane: LaneId): Promise<Observed>;
  /**
   * Brings a goal as much nearer as can be done now without a client being lost: weights before pods leave,
   * pods ready before weights rise. Called again until `observe` tells that it is reached.
   * @throws Superseded, Unavailable, Refused
   */
  apply(act: Act, fence: Fence): Promise<void>;
  /** What the watchdog would do to bring a safe state about. `hold` needs nothing. */
  escape(safe: SafeState, before: Before): readonly Patch[];
}

/** A status with the version under which it was read. */
export interface Versioned {
  status: Status;
  version: string;
}

/** Who says that they hold a delivery, and until when that is to be believed (ms by the API server's clock). */
export interface Holder {
  who: string;
  until: number;
}

/** Where the status lives. All of it throws Unavailable where the world cannot be reached. */
export interface Store {
  /**
   * Undefined: no delivery was ever begun here, or the last one was cleared. `at`: the API server's time in ms. The epoch in
   * the status is the highest that anybody, the watchdog included, has taken.
   * @throws Unreadable
   */
  load(): Promise<{ at: number; found: Versioned | undefined; commands: readonly Command[] }>;
  /**
   * Tells when it begins to listen, and whenever somebody has said something or taken a higher epoch, until the signal says
   * stop or the listening ends by itself. Only so that one need not wait for the next look, which finds the same.
   * @throws Refused where nobody may listen here
   */
  listen(told: () => void, signal: AbortSignal): Promise<void>;
  /** Whether a status could be written at all: asked before anything else is moved for it. @throws Refused */
  check(status: Status): void;
  /** Writes a first status; there must be none, or one that has ended. @throws Superseded where somebody was faster */
  create(status: Status): Promise<Versioned>;
  /** Writes over exactly the version read. @throws Superseded where it has changed since */
  commit(next: Versioned): Promise<Versioned>;
  /** Who holds it now by the Lease; undefined where nobody does, or only we do. */
  holder(): Promise<Holder | undefined>;
  /** Takes the Lease, or tells that the holder of this epoch lives. Mutual exclusion only, never safety. @throws Superseded by a higher epoch */
  renew(epoch: number): Promise<void>;
  /** Gives the Lease back, if it is still that of this epoch, so that the next one need not wait for it to run out. */
  release(epoch: number): Promise<void>;
}

/** Counts of closed windows since a cursor (ms). What cannot be read is a fault, not an error. */
export interface Counts {
  read(
    readings: readonly Reading[],
    timing: Timing,
    cursor: number,
    signal?: AbortSignal,
  ): Promise<{ windows: readonly CountWindow[]; faults: readonly Fault[] }>;
}

/** Whether the release may still go forward. */
export interface PermitOffice {
  read(at: number): Promise<Permits>;
}
