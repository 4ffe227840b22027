import { type Definition, type Ending, type Frame, inFrame } from './frame.ts';
import type { InputKinds } from './input-kinds.ts';

const DEADLINE_MS = 60 * 60_000;

/** An act changes the world (or signs that it may be changed) and leaves a record. It has no report mode. */
export interface Act<I extends InputKinds = InputKinds> extends Omit<Definition<I>, 'deadlineMs'> {
  deadlineMs?: number;
  execute(frame: Frame<I>): Promise<Ending>;
}

/** Declares an act; it only lends the types. */
export function defineAct<const I extends InputKinds>(act: Act<I>): Act<I> {
  return act;
}

/** The act as the frame and the generator see it. */
export function definitionOfAct<I extends InputKinds>(act: Act<I>): Definition<I> {
  return { ...act, deadlineMs: act.deadlineMs ?? DEADLINE_MS };
}

/** Runs an act in the frame. */
export function runAct<I extends InputKinds>(act: Act<I>): Promise<void> {
  return inFrame(definitionOfAct(act), (frame) => act.execute(frame));
}
