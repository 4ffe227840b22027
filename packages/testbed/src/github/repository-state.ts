import { type CommitObject, type Files, GitObjects, type Signature } from './git-objects.ts';
import type { GitHubState, Person } from './github-state.ts';
import type {
  ApprovalState,
  AttestationState,
  DeploymentState,
  EnvironmentState,
  IssueState,
  PullState,
  ReviewState,
  RunState,
} from './records.ts';
import { invalid, notFound } from './refusal.ts';

interface CommitRequest {
  author: Person | { name: string; email: string };
  committer?: Person | { name: string; email: string };
  message?: string;
  /** Laid over the files of the parent; null removes one. */
  files?: Readonly<Record<string, Files[string] | null>>;
  /** The branch that moves to the commit, and whose head is the parent. Default: the default branch. */
  branch?: string;
  /** Where a branch that is not there yet begins. Default: the default branch's head. */
  from?: string;
}

/** One repository: its history, and what has been said and done around it. */
export class RepositoryState {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  isPrivate = true;
  defaultBranch: string;
  readonly git = new GitObjects();
  readonly branches = new Map<string, string>();
  readonly environments = new Map<string, EnvironmentState>();
  readonly runs = new Map<number, RunState>();
  readonly pulls = new Map<number, PullState>();
  readonly deployments = new Map<number, DeploymentState>();
  readonly issues = new Map<number, IssueState>();
  readonly attestations: AttestationState[] = [];
  readonly github: GitHubState;
  readonly #filesOf = new Map<string, Files>();

  constructor(github: GitHubState, owner: string, name: string, defaultBranch: string) {
    this.github = github;
    this.id = github.nextId();
    this.owner = owner;
    this.name = name;
    this.defaultBranch = defaultBranch;
  }

  /** Commits to a branch and returns the commit's name. */
  commit({ author, committer = author, message = 'Change', files = {}, branch, from }: CommitRequest): string {
    const ref = branch ?? this.defaultBranch;
    const parent = this.branches.get(ref) ?? from ?? this.branches.get(this.defaultBranch);
    const before = parent === undefined ? {} : this.#filesOf.get(parent);
    if (before === undefined) throw new Error(`There is no commit ${parent} to begin from.`);
    const after = Object.fromEntries(
      Object.entries({ ...before, ...files }).filter((entry): entry is [string, Files[string]] => entry[1] !== null),
    );
    const sha = this.git.addCommit({
      tree: this.git.addTree(after),
      parents: parent === undefined ? [] : [parent],
      author: this.#signature(author),
      committer: this.#signature(committer),
      message,
    });
    this.#filesOf.set(sha, after);
    this.branches.set(ref, sha);
    return sha;
  }

  #signature(by: Person | { name: string; email: string }): Signature {
    const at = new Date(this.github.now());
    return 'login' in by ? { name: by.login, email: addressOf(by), at } : { ...by, at };
  }

  /** Whose account an address belongs to. */
  accountOf({ email }: Signature): Person | null {
    return [...this.github.people.values()].find((person) => addressOf(person) === email) ?? null;
  }

  /** What a name of a commit means: a full sha, or a branch with or without `refs/heads/`. */
  resolve(ref: string): CommitObject | undefined {
    const branch = ref.replace(/^(refs\/)?heads\//, '');
    return this.git.commits.get(this.branches.get(branch) ?? ref);
  }

  addEnvironment(
    name: string,
    rules: Partial<Omit<EnvironmentState, 'id' | 'name' | 'createdAt'>> = {},
  ): EnvironmentState {
    const environment: EnvironmentState = {
      id: this.github.nextId(),
      name,
      reviewers: [],
      teams: [],
      preventSelfReview: false,
      waitMinutes: 0,
      branches: 'all',
      createdAt: new Date(this.github.now()),
      ...rules,
    };
    this.environments.set(name, environment);
    return environment;
  }

  /** Starts a run of a workflow; each environment named in `waitingFor` that has reviewers holds it up. */
  addRun(run: {
    actor: Person;
    triggeringActor?: Person;
    event?: string;
    headSha?: string;
    attempt?: number;
    waitingFor?: readonly string[];
  }): RunState {
    const headSha = run.headSha ?? this.branches.get(this.defaultBranch);
    if (headSha === undefined) throw new Error('A run needs a commit.');
    const waitingFor = (run.waitingFor ?? []).map((name) => this.environments.get(name) ?? this.addEnvironment(name));
    const state: RunState = {
      id: this.github.nextId(),
      event: run.event ?? 'push',
      headSha,
      headBranch: this.defaultBranch,
      actor: run.actor,
      triggeringActor: run.triggeringActor ?? run.actor,
      attempt: run.attempt ?? 1,
      startedAt: new Date(this.github.now()),
      waitingFor: waitingFor.filter(({ reviewers, teams }) => reviewers.length + teams.length > 0),
      approvals: [],
    };
    this.runs.set(state.id, state);
    return state;
  }

  /**
   * Answers for an environment that a run waits for, as a person does.
   *
   * @throws Refusal when the run does not wait for it, or this person may not answer
   */
  answer(
    run: RunState,
    environmentIds: readonly number[],
    by: Person,
    state: ApprovalState['state'],
    comment = '',
  ): void {
    const environments = environmentIds.map((id) => {
      const waiting = run.waitingFor.find((environment) => environment.id === id);
      if (!waiting) throw notFound();
      return waiting;
    });
    for (const environment of environments) {
      const isReviewer = environment.reviewers.some(({ id }) => id === by.id);
      const isSelf = environment.preventSelfReview && run.triggeringActor.id === by.id;
      if (!isReviewer || isSelf) {
        throw invalid({
          resource: 'Deployment',
          code: 'custom',
          message: `${by.login} may not review ${environment.name}`,
        });
      }
    }
    run.waitingFor = run.waitingFor.filter((environment) => !environments.includes(environment));
    run.approvals.push({ state, user: by, comment, environments });
  }

  addPull(pull: {
    author: Person | null;
    headRef: string;
    title?: string;
    baseRef?: string;
    labels?: string[];
  }): PullState {
    const baseRef = pull.baseRef ?? this.defaultBranch;
    const [baseSha, headSha] = [this.branches.get(baseRef), this.branches.get(pull.headRef)];
    if (baseSha === undefined || headSha === undefined) throw new Error(`No branch ${baseRef} or ${pull.headRef}.`);
    const state: PullState = {
      number: this.#nextNumber(),
      author: pull.author,
      title: pull.title ?? pull.headRef,
      baseRef,
      baseSha,
      headRef: pull.headRef,
      headSha,
      openedAt: new Date(this.github.now()),
      merged: null,
      labels: pull.labels ?? [],
      reviews: [],
    };
    this.pulls.set(state.number, state);
    return state;
  }

  /** Brings the head of a pull request up to its branch, after more was committed to it. */
  push(pull: PullState): void {
    pull.headSha = this.branches.get(pull.headRef) ?? pull.headSha;
  }

  /** Merges by moving the base branch to the head, or by one commit of its own, as a squash does. */
  merge(pull: PullState, how: 'fast-forward' | { squashedBy: Person } = 'fast-forward'): string {
    const commit = how === 'fast-forward' ? pull.headSha : this.#squash(pull, how.squashedBy);
    this.branches.set(pull.baseRef, commit);
    pull.merged = { at: new Date(this.github.now()), commit };
    return commit;
  }

  #squash(pull: PullState, by: Person): string {
    const files = this.#filesOf.get(pull.headSha) ?? {};
    return this.commit({ author: pull.author ?? by, committer: by, message: pull.title, files, branch: pull.baseRef });
  }

  addReview(
    pull: PullState,
    review: { user: Person | null; state: ReviewState['state']; commit?: string | null; body?: string },
  ): ReviewState {
    const state: ReviewState = {
      id: this.github.nextId(),
      user: review.user,
      state: review.state,
      body: review.body ?? '',
      commit: review.commit === undefined ? pull.headSha : review.commit,
      submittedAt: new Date(this.github.now()),
    };
    pull.reviews.push(state);
    return state;
  }

  addIssue(issue: { title: string; author: Person; body?: string; labels?: string[] }): IssueState {
    const state: IssueState = {
      number: this.#nextNumber(),
      id: this.github.nextId(),
      title: issue.title,
      body: issue.body ?? null,
      state: 'open',
      stateReason: null,
      labels: issue.labels ?? [],
      author: issue.author,
      createdAt: new Date(this.github.now()),
      closedAt: null,
      comments: [],
    };
    this.issues.set(state.number, state);
    return state;
  }

  addAttestation(attestation: Omit<AttestationState, 'id'>): AttestationState {
    const state = { ...attestation, id: this.github.nextId() };
    this.attestations.push(state);
    return state;
  }

  /** Issues and pull requests are counted together. */
  #nextNumber(): number {
    return 1 + Math.max(0, ...this.issues.keys(), ...this.pulls.keys());
  }
}

/** The address GitHub gives to people who keep theirs private. */
function addressOf({ id, login }: Person): string {
  return `${id}+${login}@users.noreply.github.com`;
}
