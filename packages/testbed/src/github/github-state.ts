import { randomBytes } from 'node:crypto';
import { RepositoryState } from './repository-state.ts';

export interface Person {
  id: number;
  login: string;
  kind: 'User' | 'Bot';
}

/** What a token may do, as a workflow's `permissions:` says it. `metadata` is always read. */
export type Permissions = Readonly<
  Partial<
    Record<'actions' | 'attestations' | 'contents' | 'deployments' | 'issues' | 'pull-requests', 'read' | 'write'>
  >
>;

export interface Token {
  /** A job's own token, or one that a person made. */
  kind: 'installation' | 'person';
  as: Person;
  permissions: Permissions;
  /** Repositories it sees, as owner/name; others are not found unless they are public. */
  repositories: string[];
  /** Requests used of this hour's. */
  used: number;
}

/** What goes wrong with the next requests, in order; each entry is used up by one request. */
export type Trouble =
  /** GitHub fails. */
  | { kind: 'status'; status: number }
  /** A proxy answers with a page for people. */
  | { kind: 'page'; status: number }
  /** The connection breaks before or in the middle of the answer. */
  | { kind: 'hang up' | 'cut off' }
  /** No answer at all, until the client gives up. */
  | { kind: 'silence' }
  /** A proxy changes the answer. */
  | { kind: 'changed'; change: (body: unknown) => unknown }
  /** The secondary rate limit, as GitHub words it; without seconds it names no time. */
  | { kind: 'slow down'; status: 403 | 429; seconds?: number };

/** The account of a job's own token; the id is the one that it has on github.com. */
const ACTIONS_BOT: Person = { id: 41_898_282, login: 'github-actions[bot]', kind: 'Bot' };

/** Everything the stand-in knows. Tests set the scene here and read here what has come of it. */
export class GitHubState {
  /** Milliseconds since the epoch; set it to let time pass, or to be wrong. */
  now: () => number = () => Date.now();
  readonly people = new Map<string, Person>([[ACTIONS_BOT.login, ACTIONS_BOT]]);
  readonly repositories = new Map<string, RepositoryState>();
  readonly tokens = new Map<string, Token>();
  readonly troubles: Trouble[] = [];
  /** Requests an hour for each token: 1,000 for a job's own one in a repository. Infinity: a server without limits. */
  limit = 1_000;
  /** When the hour ends, in milliseconds since the epoch. */
  limitResetsAt = Date.now() + 3_600_000;
  /** Points a minute, of which reading costs one and writing five: GitHub's documented secondary limit. */
  pointsPerMinute = 900;
  #id = 1_000;

  nextId(): number {
    this.#id += 1;
    return this.#id;
  }

  /** The person of this login, who is made when first named. */
  person(login: string): Person {
    const known = this.people.get(login);
    if (known) return known;
    const person: Person = { id: this.nextId(), login, kind: 'User' };
    this.people.set(login, person);
    return person;
  }

  addRepository(owner: string, name: string, defaultBranch = 'main'): RepositoryState {
    const repository = new RepositoryState(this, owner, name, defaultBranch);
    this.repositories.set(`${owner}/${name}`.toLowerCase(), repository);
    return repository;
  }

  /** A token like the one a job gets. */
  jobToken(repository: RepositoryState, permissions: Permissions): string {
    return this.#token('ghs_', {
      kind: 'installation',
      as: ACTIONS_BOT,
      permissions,
      repositories: [`${repository.owner}/${repository.name}`],
      used: 0,
    });
  }

  /** A fine-grained token of a person. */
  personToken(as: Person, permissions: Permissions, repositories: readonly RepositoryState[]): string {
    const names = repositories.map(({ owner, name }) => `${owner}/${name}`);
    return this.#token('github_pat_', { kind: 'person', as, permissions, repositories: names, used: 0 });
  }

  #token(prefix: string, token: Token): string {
    const text = prefix + randomBytes(18).toString('hex');
    this.tokens.set(text, token);
    return text;
  }
}
