export { type ApprovalCount, approvalObjections, countApprovals, type GivenApproval, type Hands } from './approvals.ts';
export { type Decision, decide, factsOf, type GateAnswer } from './decide.ts';
export { type FoundDocument, type Gathered, gather, type NeededJob, NeedsError, readNeeds } from './gather.ts';
export { type Objection, type ObjectionCode, objection } from './objection.ts';
export { type RecordCircumstances, RecordError, releaseRecordOf } from './release-record.ts';
