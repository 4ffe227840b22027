import type { KubeObject } from '@tillgate/kubernetes';
import type { BasisPoints } from '../plan.ts';
import type { Patch } from '../status.ts';
import type { Sides } from './moves.ts';

/** How traffic is parted now. */
export interface Routed {
  /** As the router is set. */
  share: BasisPoints;
  /** Since when, ms by the API server's clock. */
  since: number;
  sides: Sides;
  /** Objects of ours, to be stamped with the epoch. */
  owned: readonly Owned[];
  /** What somebody else changed, or owns: each a sentence. */
  foreign: readonly string[];
}

/** An object of ours as it was read. */
export interface Owned {
  object: KubeObject;
  /** Applies all that is ours in it under an epoch, the rest as it was read. */
  stamp(epoch: number): Promise<void>;
}

/**
 * What parts traffic between stable and candidate. Each call that writes goes against the objects that were read, and is
 * refused with a conflict where they have changed since.
 */
export interface Router {
  /**
   * @param begins whether a delivery begins with it: then nothing of a candidate may be there yet
   * @returns the cookie by which sessions are bound to single pods of their version, where they are
   * @throws Refused where the route is not one that can be used: missing, belonging to somebody, not leading here
   */
  check(begins: boolean): Promise<{ podCookie: string | null }>;
  read(): Promise<Routed>;
  setShare(share: BasisPoints, epoch: number, at: number): Promise<void>;
  setSides(sides: Sides, epoch: number): Promise<void>;
  /** Everything to stable, as plain patches. */
  escape(): readonly Patch[];
}
