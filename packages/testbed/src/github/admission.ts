import type { Endpoint } from './endpoints/endpoint.ts';
import type { GitHubState, Token } from './github-state.ts';
import { notFound, Refusal } from './refusal.ts';
import type { RepositoryState } from './repository-state.ts';

/** Whose request it is: nobody's without a token. @throws Refusal when the token is not known */
export function authenticate(github: GitHubState, authorization: string | undefined): Token | undefined {
  if (authorization === undefined) return undefined;
  const text = /^(?:bearer|token) (.+)$/i.exec(authorization)?.[1];
  const token = github.tokens.get(text ?? '');
  if (!token) throw new Refusal(401, 'Bad credentials');
  return token;
}

/** The headers that every answer bears about the hour's limit. */
export function limitHeaders(github: GitHubState, token: Token | undefined): Record<string, string> {
  if (github.limit === Number.POSITIVE_INFINITY) return {};
  const used = token?.used ?? 0;
  return {
    'x-ratelimit-limit': String(github.limit),
    'x-ratelimit-remaining': String(Math.max(0, github.limit - used)),
    'x-ratelimit-used': String(used),
    'x-ratelimit-reset': String(Math.ceil(github.limitResetsAt / 1_000)),
    'x-ratelimit-resource': 'core',
  };
}

/** Counts a request against the hour. @throws Refusal when it is used up */
export function countRequest(github: GitHubState, token: Token | undefined): void {
  if (!token) return;
  if (github.now() >= github.limitResetsAt) {
    for (const other of github.tokens.values()) other.used = 0;
    github.limitResetsAt = github.now() + 3_600_000;
  }
  if (token.used >= github.limit) {
    throw new Refusal(
      403,
      `API rate limit exceeded for ${token.kind === 'person' ? 'user' : 'installation'} ID ${token.as.id}.`,
    );
  }
  token.used += 1;
}

/** GitHub's secondary limit, which counts points a minute: one to read, five to write. */
export class Pace {
  #spent: { at: number; points: number }[] = [];

  /** @throws Refusal */
  spend(github: GitHubState, method: string): void {
    const now = github.now();
    this.#spent = this.#spent.filter(({ at }) => at > now - 60_000);
    const spent = this.#spent.reduce((sum, { points }) => sum + points, 0);
    const points = method === 'GET' ? 1 : 5;
    if (spent + points > github.pointsPerMinute) throw slowDown(403, 60);
    this.#spent.push({ at: now, points });
  }
}

/** The refusal of the secondary rate limit. */
export function slowDown(status: 403 | 429, seconds: number | undefined): Refusal {
  const text = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
  return new Refusal(status, text, undefined, seconds === undefined ? {} : { 'retry-after': String(seconds) });
}

/** The repository, for those who may know of it. @throws Refusal */
export function visibleRepository(
  github: GitHubState,
  token: Token | undefined,
  owner: string,
  name: string,
): RepositoryState {
  const repository = github.repositories.get(`${owner}/${name}`.toLowerCase());
  const isSeen = repository && (!repository.isPrivate || sees(token, repository));
  if (!isSeen) throw notFound();
  return repository;
}

/** @throws Refusal when the token lacks the permission that the endpoint needs */
export function checkPermission(
  endpoint: Endpoint,
  method: string,
  token: Token | undefined,
  repository: RepositoryState,
): void {
  const { permission } = endpoint;
  const level = method === 'GET' ? 'read' : 'write';
  // What is public is read by everybody.
  if (permission === undefined || (level === 'read' && !repository.isPrivate)) return;
  if (!token) throw new Refusal(401, 'Requires authentication');
  const granted = sees(token, repository) ? token.permissions[permission] : undefined;
  if (granted === 'write' || (granted === 'read' && level === 'read')) return;
  const by = token.kind === 'person' ? 'personal access token' : 'integration';
  throw new Refusal(403, `Resource not accessible by ${by}`, undefined, {
    'x-accepted-github-permissions': `${permission.replaceAll('-', '_')}=${level}`,
  });
}

function sees(token: Token | undefined, { owner, name }: RepositoryState): boolean {
  return token?.repositories.some((one) => one.toLowerCase() === `${owner}/${name}`.toLowerCase()) ?? false;
}
