/** What a gate answers. `inconclusive` means that it could not be known, and blocks unless the class says otherwise. */
export const OUTCOMES = ['pass', 'warn', 'fail', 'inconclusive'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Risk classes a caller may ask for, from the least to the most strict. */
export const FLOOR_CLASSES = ['routine', 'standard', 'high-risk'] as const;
export type FloorClass = (typeof FLOOR_CLASSES)[number];

/** All classes. `emergency` is never asked for: only the policy in force can declare it. */
export const RELEASE_CLASSES = [...FLOOR_CLASSES, 'emergency'] as const;
export type ReleaseClass = (typeof RELEASE_CLASSES)[number];

/** What kind of thing changes; kinds travel together only where the class allows it. */
export const CHANGE_KINDS = ['application', 'infrastructure', 'data', 'policy'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** `enforce` decides; `report` only tells, never fails a job and never counts where the class requires the gate. */
export const MODES = ['enforce', 'report'] as const;
export type Mode = (typeof MODES)[number];

/** The stricter of two classes a caller may ask for. */
export function stricter(a: FloorClass, b: FloorClass): FloorClass {
  return FLOOR_CLASSES.indexOf(a) >= FLOOR_CLASSES.indexOf(b) ? a : b;
}
