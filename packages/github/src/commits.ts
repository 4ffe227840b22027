import { commitSchema } from '@tillgate/release';
import { z } from 'zod';
import { type Api, askForAll, type Repository } from './api.ts';
import { GitHubError } from './errors.ts';
import { type Account, accountOf, accountSchema } from './people.ts';

/** Who made a commit. An account is absent where the commit's e-mail address belongs to none: unknown, not nobody. */
export interface Commit {
  sha: string;
  /** Names all its files together: a squash and the head that was reviewed hold the same when their trees are one. */
  tree: string;
  author?: Account;
  committer?: Account;
}

/** GitHub writes an account that it does not know as null or, for some commits, as an empty object. */
const madeBy = z.union([accountSchema, z.strictObject({}), z.null()]);
const commitsSchema = z.looseObject({
  sha: commitSchema,
  commit: z.looseObject({ tree: z.looseObject({ sha: commitSchema }) }),
  author: madeBy,
  committer: madeBy,
});

const comparisonSchema = z.looseObject({
  status: z.enum(['diverged', 'ahead', 'behind', 'identical']),
  total_commits: z.int().min(0),
  commits: z.array(commitsSchema),
});

/** How `head` stands to `base`, and every commit that `head` has and `base` has not, oldest first. */
export interface Comparison {
  status: 'diverged' | 'ahead' | 'behind' | 'identical';
  commits: Commit[];
}

/**
 * The commits between two commits. Needs `contents: read`.
 *
 * @throws GitHubError `too-large` when GitHub does not list every commit, so that an author cannot hide at the end
 */
export async function commitsBetween(
  api: Api,
  repository: Repository,
  base: string,
  head: string,
): Promise<Comparison> {
  let total = 0;
  let status: Comparison['status'] = 'identical';
  const found = await askForAll(
    api,
    {
      about: `the commits from ${base} to ${head} of ${repository.owner}/${repository.repo}`,
      permission: 'contents: read',
      route: 'GET /repos/{owner}/{repo}/compare/{basehead}',
      parameters: { ...repository, basehead: `${base}...${head}` },
      schema: comparisonSchema,
    },
    (page) => {
      ({ total_commits: total, status } = page);
      return page.commits;
    },
  );
  if (found.length !== total) {
    throw new GitHubError(
      'too-large',
      `GitHub lists ${found.length} of ${total} commits from ${base} to ${head}; authors could be missed. Release in smaller steps.`,
    );
  }
  return { status, commits: found.map(commitOf) };
}

/**
 * Who made one commit. Needs `contents: read`.
 *
 * @throws GitHubError
 */
export async function commit(api: Api, repository: Repository, sha: string): Promise<Commit> {
  const { value } = await api.ask({
    about: `commit ${sha} of ${repository.owner}/${repository.repo}`,
    permission: 'contents: read',
    route: 'GET /repos/{owner}/{repo}/commits/{ref}',
    parameters: { ...repository, ref: sha },
    schema: commitsSchema,
  });
  if (value.sha !== sha) {
    throw new GitHubError('unexpected-answer', `GitHub answered commit ${value.sha} where ${sha} was asked for.`);
  }
  return commitOf(value);
}

function commitOf({ sha, commit: { tree }, author, committer }: z.infer<typeof commitsSchema>): Commit {
  return {
    sha,
    tree: tree.sha,
    ...(isAccount(author) && { author: accountOf(author) }),
    ...(isAccount(committer) && { committer: accountOf(committer) }),
  };
}

function isAccount(value: z.infer<typeof madeBy>): value is z.infer<typeof accountSchema> {
  return value !== null && 'id' in value;
}
