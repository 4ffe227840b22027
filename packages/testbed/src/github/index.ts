export type { File, Files } from './git-objects.ts';
export type { GitHubState, Permissions, Person, Token, Trouble } from './github-state.ts';
export type { EnvironmentState, PullState, ReviewState, RunState } from './records.ts';
export { Refusal } from './refusal.ts';
export type { RepositoryState } from './repository-state.ts';
export type { GitHubOptions, GitHubStandIn, Requested } from './server.ts';
export { startGitHub } from './server.ts';
