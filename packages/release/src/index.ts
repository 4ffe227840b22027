export { digestOfValue } from './canonical.ts';
export { conclude } from './conclude.ts';
export { formatDuration, parseDuration } from './duration.ts';
export type { EnvironmentIdentity, Facts, GateName, Tri } from './facts.ts';
export { GATE_NAMES } from './facts.ts';
export type { Acceptance, Finding, RuleId, Severity } from './finding.ts';
export { SEVERITIES } from './finding.ts';
export type { Instant } from './instant.ts';
export { instantOf, millisOf, parseInstant, TimeFormatError } from './instant.ts';
export type { Receipt } from './receipt.ts';
export { decodeReceipt, encodeReceipt, RECEIPT_LIMIT, ReceiptError } from './receipt.ts';
export type { Example, Rule } from './rule.ts';
export type { Sha256 } from './sha256.ts';
export { digestOf, isSha256 } from './sha256.ts';
export type { Artifact, Subject, UnitId } from './subject.ts';
export { changeKindsOf, isGenuine, subjectOf, WHOLE_INSTALLATION } from './subject.ts';
export type { Basis, ClockReading, Coverage, Evidence, Producer, Verdict } from './verdict.ts';
export { VERDICT_SCHEMA } from './verdict.ts';
export {
  commitSchema,
  DOCUMENT_LIMIT,
  DocumentError,
  instantSchema,
  parseVerdict,
  sha256Schema,
  subjectSchema,
  verdictSchema,
} from './verdict-schema.ts';
export type { ChangeKind, FloorClass, Mode, Outcome, ReleaseClass } from './words.ts';
export { CHANGE_KINDS, FLOOR_CLASSES, MODES, OUTCOMES, RELEASE_CLASSES, stricter } from './words.ts';
