import type { Description } from './description.ts';
import type { CommitObject, Signature } from './git-objects.ts';
import type { Person } from './github-state.ts';
import type {
  DeploymentState,
  DeploymentStatus,
  EnvironmentState,
  IssueState,
  PullState,
  ReviewState,
  RunState,
} from './records.ts';
import type { RepositoryState } from './repository-state.ts';

type Body = Record<string, unknown>;

/** What the state looks like in answers. Members that the state knows nothing of are as blank as the description allows. */
export type Shapes = ReturnType<typeof shapesOf>;

/** @param url where the stand-in is, for the addresses inside answers */
export function shapesOf(description: Description, url: string) {
  const { blank } = description;
  const at = ({ owner, name }: RepositoryState, path = '') => `${url}/repos/${owner}/${name}${path}`;
  const node = (id: number | string) => Buffer.from(String(id)).toString('base64');
  const time = (date: Date) => `${date.toISOString().slice(0, 19)}Z`;

  const user = ({ id, login, kind }: Person): Body => ({
    ...blank('simple-user'),
    id,
    login,
    node_id: node(id),
    type: kind,
    url: `${url}/users/${encodeURIComponent(login)}`,
  });
  const userOrNull = (person: Person | null) => person && user(person);
  const team = ({ id, slug }: { id: number; slug: string }): Body => ({ ...blank('team'), id, slug, name: slug });

  const repository = (
    found: RepositoryState,
    schema: 'full-repository' | 'minimal-repository' | 'repository',
  ): Body => ({
    ...blank(schema),
    id: found.id,
    node_id: node(found.id),
    name: found.name,
    full_name: `${found.owner}/${found.name}`,
    private: found.isPrivate,
    default_branch: found.defaultBranch,
    url: at(found),
    owner: { ...user(found.github.person(found.owner)), type: 'Organization' },
  });

  const signature = ({ name, email, at: date }: Signature) => ({ name, email, date: time(date) });
  const parents = (found: RepositoryState, commit: CommitObject) =>
    commit.parents.map((sha) => ({ sha, url: at(found, `/commits/${sha}`), html_url: at(found, `/commit/${sha}`) }));

  const commit = (found: RepositoryState, object: CommitObject): Body => ({
    ...blank('commit'),
    sha: object.sha,
    node_id: node(object.sha),
    url: at(found, `/commits/${object.sha}`),
    commit: {
      url: at(found, `/git/commits/${object.sha}`),
      author: signature(object.author),
      committer: signature(object.committer),
      message: object.message,
      comment_count: 0,
      tree: { sha: object.tree, url: at(found, `/git/trees/${object.tree}`) },
    },
    author: userOrNull(found.accountOf(object.author)),
    committer: userOrNull(found.accountOf(object.committer)),
    parents: parents(found, object),
  });

  const gitCommit = (found: RepositoryState, object: CommitObject): Body => ({
    ...blank('git-commit'),
    sha: object.sha,
    node_id: node(object.sha),
    url: at(found, `/git/commits/${object.sha}`),
    author: signature(object.author),
    committer: signature(object.committer),
    message: object.message,
    tree: { sha: object.tree, url: at(found, `/git/trees/${object.tree}`) },
    parents: parents(found, object),
  });

  const environment = (found: RepositoryState, state: EnvironmentState): Body => {
    const reviewers = [
      ...state.reviewers.map((person) => ({ type: 'User', reviewer: user(person) })),
      ...state.teams.map((one) => ({ type: 'Team', reviewer: team(one) })),
    ];
    const rule = (type: string, more: object) => ({
      id: state.id,
      node_id: node(`${state.id}/${type}`),
      type,
      ...more,
    });
    return {
      ...blank('environment'),
      id: state.id,
      node_id: node(state.id),
      name: state.name,
      url: at(found, `/environments/${state.name}`),
      created_at: time(state.createdAt),
      updated_at: time(state.createdAt),
      protection_rules: [
        ...(state.waitMinutes > 0 ? [rule('wait_timer', { wait_timer: state.waitMinutes })] : []),
        ...(reviewers.length > 0
          ? [rule('required_reviewers', { prevent_self_review: state.preventSelfReview, reviewers })]
          : []),
        ...(state.branches === 'all' ? [] : [rule('branch_policy', {})]),
      ],
      deployment_branch_policy:
        state.branches === 'all'
          ? null
          : { protected_branches: state.branches === 'protected', custom_branch_policies: state.branches === 'listed' },
    };
  };

  const run = (found: RepositoryState, state: RunState): Body => ({
    ...blank('workflow-run'),
    id: state.id,
    node_id: node(state.id),
    run_attempt: state.attempt,
    head_sha: state.headSha,
    head_branch: state.headBranch,
    event: state.event,
    status: state.waitingFor.length > 0 ? 'waiting' : 'in_progress',
    url: at(found, `/actions/runs/${state.id}`),
    actor: user(state.actor),
    triggering_actor: user(state.triggeringActor),
    created_at: time(state.startedAt),
    updated_at: time(state.startedAt),
    run_started_at: time(state.startedAt),
    repository: repository(found, 'minimal-repository'),
    head_repository: repository(found, 'minimal-repository'),
  });

  const label = (name: string) => ({
    ...{ id: 0, node_id: node(name), url: `${url}/labels/${encodeURIComponent(name)}` },
    ...{ name, description: '', color: 'ededed', default: false },
  });

  const pull = (found: RepositoryState, state: PullState, schema: 'pull-request' | 'pull-request-simple'): Body => {
    const blankPull = blank(schema) as { head: Body; base: Body } & Body;
    const end = (which: Body, ref: string, sha: string) => ({
      ...which,
      ...{ ref, sha, label: `${found.owner}:${ref}`, user: user(found.github.person(found.owner)) },
      repo: repository(found, 'repository'),
    });
    return {
      ...blankPull,
      id: state.number,
      number: state.number,
      url: at(found, `/pulls/${state.number}`),
      state: state.merged ? 'closed' : 'open',
      title: state.title,
      user: userOrNull(state.author) as Body,
      labels: state.labels.map(label),
      created_at: time(state.openedAt),
      updated_at: time(state.openedAt),
      closed_at: state.merged && time(state.merged.at),
      merged_at: state.merged && time(state.merged.at),
      merge_commit_sha: state.merged?.commit ?? null,
      head: end(blankPull.head, state.headRef, state.headSha),
      base: end(blankPull.base, state.baseRef, state.baseSha),
      ...(schema === 'pull-request' && {
        merged: state.merged !== null,
        commits: found.git.between(state.baseSha, state.headSha).length,
      }),
    };
  };

  const review = (found: RepositoryState, { number }: PullState, state: ReviewState): Body => ({
    ...blank('pull-request-review'),
    id: state.id,
    node_id: node(state.id),
    user: userOrNull(state.user),
    body: state.body,
    state: state.state,
    commit_id: state.commit,
    submitted_at: time(state.submittedAt),
    pull_request_url: at(found, `/pulls/${number}`),
  });

  const deployment = (found: RepositoryState, state: DeploymentState): Body => ({
    ...blank('deployment'),
    id: state.id,
    node_id: node(state.id),
    url: at(found, `/deployments/${state.id}`),
    sha: state.sha,
    ref: state.ref,
    task: state.task,
    payload: state.payload,
    environment: state.environment,
    original_environment: state.environment,
    description: state.description,
    creator: user(state.creator),
    production_environment: state.production,
    transient_environment: state.transient,
    created_at: time(state.createdAt),
    updated_at: time(state.statuses.at(-1)?.createdAt ?? state.createdAt),
    statuses_url: at(found, `/deployments/${state.id}/statuses`),
    repository_url: at(found),
  });

  const deploymentStatus = (found: RepositoryState, { id }: DeploymentState, state: DeploymentStatus): Body => ({
    ...blank('deployment-status'),
    id: state.id,
    node_id: node(state.id),
    url: at(found, `/deployments/${id}/statuses/${state.id}`),
    state: state.state,
    creator: user(state.creator),
    description: state.description,
    environment: state.environment,
    target_url: state.logUrl,
    log_url: state.logUrl,
    environment_url: state.environmentUrl,
    created_at: time(state.createdAt),
    updated_at: time(state.createdAt),
    deployment_url: at(found, `/deployments/${id}`),
    repository_url: at(found),
  });

  const issue = (found: RepositoryState, state: IssueState): Body => ({
    ...blank('issue'),
    id: state.id,
    node_id: node(state.id),
    number: state.number,
    url: at(found, `/issues/${state.number}`),
    html_url: at(found, `/issues/${state.number}`),
    repository_url: at(found),
    title: state.title,
    body: state.body,
    state: state.state,
    state_reason: state.stateReason,
    user: user(state.author),
    labels: state.labels.map(label),
    comments: state.comments.length,
    created_at: time(state.createdAt),
    updated_at: time(state.createdAt),
    closed_at: state.closedAt && time(state.closedAt),
  });

  const comment = (found: RepositoryState, { number }: IssueState, state: IssueState['comments'][number]): Body => ({
    ...blank('issue-comment'),
    id: state.id,
    node_id: node(state.id),
    url: at(found, `/issues/comments/${state.id}`),
    issue_url: at(found, `/issues/${number}`),
    body: state.body,
    user: user(state.author),
    created_at: time(state.createdAt),
    updated_at: time(state.createdAt),
  });

  return {
    at,
    node,
    time,
    user,
    team,
    repository,
    commit,
    gitCommit,
    environment,
    run,
    pull,
    review,
    deployment,
    deploymentStatus,
    issue,
    comment,
  };
}
