import type { GitHubState, Permissions, Token } from '../github-state.ts';
import type { Operation } from '../operations.ts';
import type { RepositoryState } from '../repository-state.ts';
import type { Shapes } from '../shapes.ts';

/** One request to one operation, let in and checked against the description. */
export interface Call {
  github: GitHubState;
  repository: RepositoryState;
  shapes: Shapes;
  token: Token | undefined;
  /** What stands for the names in braces, decoded. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  // biome-ignore lint/suspicious/noExplicitAny: the description has judged it before an endpoint reads it
  body: any;
}

export interface Reply {
  status: number;
  body: unknown;
  /** Items in all, where this is one page of them. */
  total?: number;
}

export interface Endpoint {
  /** The permission of a token that this needs: to read it for GET, else to write it. */
  permission?: keyof Permissions;
  /** @throws Refusal */
  answer(call: Call): Reply;
}

export type Endpoints = Partial<Record<Operation, Endpoint>>;

/** Which page is asked for; GitHub gives 30 items where nothing is said and never more than 100. */
export function pageOf({ query }: Pick<Call, 'query'>): { page: number; size: number } {
  const number = (name: string, otherwise: number) => {
    const value = Number(query.get(name) ?? otherwise);
    return Number.isInteger(value) && value > 0 ? value : otherwise;
  };
  return { page: number('page', 1), size: Math.min(number('per_page', 30), 100) };
}

/** One page of a list. */
export function listed<T>(call: Call, items: readonly T[], shape: (item: T) => unknown): Reply {
  const { page, size } = pageOf(call);
  return { status: 200, body: items.slice((page - 1) * size, page * size).map(shape), total: items.length };
}
