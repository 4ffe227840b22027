import type { GateName } from '@tillgate/release';

/** Why a release may not go, as a word for programs. */
export type ObjectionCode =
  | 'missing-verdict'
  | 'no-verdict'
  | 'dropped-receipt'
  | 'unreadable-receipt'
  | 'no-document'
  | 'changed-document'
  | 'unreadable-document'
  | 'duplicate'
  | 'mismatch'
  | 'foreign'
  | 'unenforced'
  | 'expired'
  | 'failed'
  | 'inconclusive'
  | 'warned'
  | 'change-kinds'
  | 'frozen'
  | 'no-plan'
  | 'approvals';

/** One reason against a release: what is wrong and what to do. */
export interface Objection {
  code: ObjectionCode;
  /** The gate concerned, where one is. */
  gate?: GateName;
  message: string;
  remedy: string;
}

/** Makes an objection. */
export function objection(code: ObjectionCode, gate: GateName | undefined, message: string, remedy: string): Objection {
  return { code, ...(gate !== undefined && { gate }), message, remedy };
}
