import type { Person } from './github-state.ts';

export interface EnvironmentState {
  id: number;
  name: string;
  reviewers: Person[];
  teams: { id: number; slug: string }[];
  preventSelfReview: boolean;
  waitMinutes: number;
  branches: 'all' | 'protected' | 'listed';
  createdAt: Date;
}

export interface ApprovalState {
  state: 'approved' | 'rejected';
  user: Person;
  comment: string;
  environments: EnvironmentState[];
}

export interface RunState {
  id: number;
  event: string;
  headSha: string;
  headBranch: string;
  actor: Person;
  triggeringActor: Person;
  attempt: number;
  startedAt: Date;
  /** Environments whose protection rules have not been answered. */
  waitingFor: EnvironmentState[];
  approvals: ApprovalState[];
}

export interface ReviewState {
  id: number;
  /** Null after the account was deleted. */
  user: Person | null;
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';
  body: string;
  commit: string | null;
  submittedAt: Date;
}

export interface PullState {
  number: number;
  author: Person | null;
  title: string;
  baseRef: string;
  /** Head of the base branch when the pull request was opened. */
  baseSha: string;
  headRef: string;
  headSha: string;
  openedAt: Date;
  merged: { at: Date; commit: string } | null;
  labels: string[];
  reviews: ReviewState[];
}

export interface DeploymentState {
  id: number;
  sha: string;
  ref: string;
  task: string;
  environment: string;
  description: string | null;
  payload: unknown;
  production: boolean;
  transient: boolean;
  creator: Person;
  createdAt: Date;
  /** Oldest first. */
  statuses: DeploymentStatus[];
}

export interface DeploymentStatus {
  id: number;
  state: string;
  description: string;
  environment: string;
  logUrl: string;
  environmentUrl: string;
  creator: Person;
  createdAt: Date;
}

export interface IssueState {
  number: number;
  id: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: string | null;
  labels: string[];
  author: Person;
  createdAt: Date;
  closedAt: Date | null;
  comments: { id: number; body: string; author: Person; createdAt: Date }[];
}

export interface AttestationState {
  id: number;
  digest: string;
  predicateType: string;
  bundle: Record<string, unknown>;
}
