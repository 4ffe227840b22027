export type { File, Files } from './git-objects.ts';
export type { GitHubState, Permissions, Person, Token, Trouble } from './github-state.ts';
export { Refusal } from './refusal.ts';
export type { EnvironmentState, PullState, RepositoryState, ReviewState, RunState } from './repository-state.ts';
export type { GitHubOptions, GitHubStandIn, Requested } from './server.ts';
export { startGitHub } from './server.ts';
