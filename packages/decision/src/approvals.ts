import type { ClassPolicy } from '@tillgate/policy';
import { type Objection, objection } from './objection.ts';

/** Somebody who approved, as GitHub tells it. Ids decide; logins are for people. */
export interface GivenApproval {
  id: number;
  login: string;
  kind: 'environment' | 'review';
  /** Name of the environment, or number of the pull request. */
  where: string;
  /** When, where the source tells it. */
  at: string | null;
  /** The commit that was approved, where the source tells it. */
  commit: string | null;
  /** Whether that commit holds the very files of the released one: a squash or merge gives them a new commit. */
  sameTree?: boolean;
}

/** Everybody who had a hand in the release, by numeric id. */
export interface Hands {
  actor: number;
  triggeringActor: number;
  pullAuthors: readonly number[];
  commitAuthors: readonly number[];
}

/** Which approvals count, and why the others do not. */
export interface ApprovalCount {
  required: number;
  counted: GivenApproval[];
  refused: { approval: GivenApproval; because: string }[];
}

/**
 * Counts approvals by person. Nobody approves what they made or started: GitHub's own setting against
 * self-review covers only the person who triggered the run, so it is computed here.
 *
 * @param commit a review of another commit does not count, unless it holds the same files
 */
export function countApprovals(
  given: readonly GivenApproval[],
  rule: ClassPolicy['approvals'],
  hands: Hands,
  commit: string,
): ApprovalCount {
  const counted = new Map<number, GivenApproval>();
  const refused: ApprovalCount['refused'] = [];
  for (const approval of given) {
    const because = whyNot(approval, rule, hands, commit);
    if (because !== undefined) refused.push({ approval, because });
    else if (!counted.has(approval.id)) counted.set(approval.id, approval);
  }
  return { required: rule.count, counted: [...counted.values()], refused };
}

/** The objection that too few approvals are, if they are. */
export function approvalObjections({ required, counted, refused }: ApprovalCount): Objection[] {
  if (counted.length >= required) return [];
  const told = refused.map(({ approval, because }) => `${approval.login} (${because})`).join(', ');
  return [
    objection(
      'approvals',
      undefined,
      `${required} ${required === 1 ? 'approval is' : 'approvals are'} required, and ${counted.length} count${told === '' ? '' : `; not counted: ${told}`}.`,
      'Have somebody approve who neither wrote nor started this release: in the approval environment of the run, or by a review of exactly these files.',
    ),
  ];
}

function whyNot(
  approval: GivenApproval,
  rule: ClassPolicy['approvals'],
  hands: Hands,
  commit: string,
): string | undefined {
  const { id, kind } = approval;
  // GitHub lets everybody who can read a repository review; who may approve must be named, here or by the environment.
  if (kind === 'review' && rule.from.length === 0) return 'reviews count only of people named in approvals.from';
  if (rule.from.length > 0 && !rule.from.includes(id)) return 'not among those who may approve';
  if (rule.not.includes('actor') && (id === hands.actor || id === hands.triggeringActor)) return 'started the run';
  if (rule.not.includes('author') && (hands.pullAuthors.includes(id) || hands.commitAuthors.includes(id)))
    return 'wrote the change';
  if (kind === 'review' && approval.commit !== commit && !approval.sameTree) return 'reviewed another commit';
  return undefined;
}
