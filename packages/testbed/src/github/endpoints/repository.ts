import type { CommitObject, TreeEntry } from '../git-objects.ts';
import { notFound, Refusal } from '../refusal.ts';
import type { RepositoryState } from '../repository-state.ts';
import { type Call, type Endpoints, pageOf, type Reply } from './endpoint.ts';

/** The repository, its history and its files. */
export const repositoryEndpoints: Endpoints = {
  'GET /repos/{owner}/{repo}': {
    answer: ({ repository, shapes }) => ok(shapes.repository(repository, 'full-repository')),
  },

  'GET /repos/{owner}/{repo}/branches/{branch}': {
    permission: 'contents',
    answer({ repository, shapes, params }) {
      const name = params.branch as string;
      const commit = commitNamed(repository, repository.branches.get(name));
      return ok({
        name,
        commit: shapes.commit(repository, commit),
        _links: { html: shapes.at(repository, `/tree/${name}`), self: shapes.at(repository, `/branches/${name}`) },
        protected: false,
        protection: {},
        protection_url: shapes.at(repository, `/branches/${name}/protection`),
      });
    },
  },

  'GET /repos/{owner}/{repo}/git/ref/{ref}': {
    permission: 'contents',
    answer({ repository, shapes, params }) {
      if (repository.branches.size === 0) throw new Refusal(409, 'Git Repository is empty.');
      const ref = params.ref as string;
      const { sha } = commitNamed(
        repository,
        ref.startsWith('heads/') ? repository.branches.get(ref.slice('heads/'.length)) : undefined,
      );
      return ok({
        ref: `refs/${ref}`,
        node_id: shapes.node(ref),
        url: shapes.at(repository, `/git/refs/${ref}`),
        object: { type: 'commit', sha, url: shapes.at(repository, `/git/commits/${sha}`) },
      });
    },
  },

  'GET /repos/{owner}/{repo}/git/commits/{commit_sha}': {
    permission: 'contents',
    answer: ({ repository, shapes, params }) =>
      ok(shapes.gitCommit(repository, commitNamed(repository, params.commit_sha))),
  },

  'GET /repos/{owner}/{repo}/git/trees/{tree_sha}': {
    permission: 'contents',
    answer({ repository, shapes, params, query }) {
      const name = params.tree_sha as string;
      const sha = repository.resolve(name)?.tree ?? name;
      const entries = repository.git.trees.get(sha);
      if (!entries) throw notFound();
      const tree = query.has('recursive') ? below(repository, entries) : entries;
      return ok({
        sha,
        url: shapes.at(repository, `/git/trees/${sha}`),
        tree: tree.map((entry) => ({
          ...entry,
          ...(entry.type === 'blob' && { size: repository.git.blobs.get(entry.sha)?.length ?? 0 }),
          ...(entry.type !== 'commit' && { url: shapes.at(repository, `/git/${entry.type}s/${entry.sha}`) }),
        })),
        truncated: false,
      });
    },
  },

  'GET /repos/{owner}/{repo}/git/blobs/{file_sha}': {
    permission: 'contents',
    answer({ repository, shapes, params }) {
      const sha = params.file_sha as string;
      const bytes = repository.git.blobs.get(sha);
      if (!bytes) throw notFound();
      return ok({
        sha,
        node_id: shapes.node(sha),
        url: shapes.at(repository, `/git/blobs/${sha}`),
        size: bytes.length,
        ...{ encoding: 'base64', content: inLines(bytes) },
      });
    },
  },

  'GET /repos/{owner}/{repo}/contents/{path}': { permission: 'contents', answer: contents },

  'GET /repos/{owner}/{repo}/commits/{ref}': {
    permission: 'contents',
    answer({ repository, shapes, params }) {
      const commit = repository.resolve(params.ref as string);
      if (!commit) throw new Refusal(422, `No commit found for SHA: ${params.ref}`);
      return ok(shapes.commit(repository, commit));
    },
  },

  'GET /repos/{owner}/{repo}/compare/{basehead}': { permission: 'contents', answer: compare },
};

function contents({ repository, shapes, params, query }: Call): Reply {
  const commit = repository.resolve(query.get('ref') ?? repository.defaultBranch);
  if (!commit) throw new Refusal(404, `No commit found for the ref ${query.get('ref')}`);
  const path = params.path as string;
  const found = find(repository, commit, path);
  if (!found) throw notFound();
  const url = (entry: TreeEntry, at: string) => {
    const self = shapes.at(repository, `/contents/${at}?ref=${commit.sha}`);
    const git = shapes.at(repository, `/git/${entry.type === 'tree' ? 'trees' : 'blobs'}/${entry.sha}`);
    const size = repository.git.blobs.get(entry.sha)?.length ?? 0;
    const links = { self, git, html: self };
    return { name: entry.path, path: at, sha: entry.sha, size, url: self, git_url: git, html_url: self, _links: links };
  };
  const inList = (entry: TreeEntry, at: string) => ({
    ...url(entry, at),
    // A list says "file" of a submodule: https://docs.github.com/en/rest/repos/contents
    type: entry.type === 'tree' ? 'dir' : entry.mode === '120000' ? 'symlink' : 'file',
    download_url: null,
  });
  if (found.type === 'tree') {
    return ok((repository.git.trees.get(found.sha) ?? []).map((entry) => inList(entry, `${path}/${entry.path}`)));
  }
  if (found.type === 'commit') {
    return ok({ ...url(found, path), type: 'submodule', submodule_git_url: 'https://github.com', download_url: null });
  }
  const bytes = repository.git.blobs.get(found.sha) ?? new Uint8Array();
  if (found.mode === '120000') {
    // A symlink to a file of the repository is answered as that file.
    const target = Buffer.from(bytes).toString();
    const linked = find(repository, commit, target);
    if (linked?.type === 'blob' && linked.mode !== '120000') return ok(file(repository, linked, url(linked, path)));
    return ok({ ...url(found, path), type: 'symlink', target, download_url: null });
  }
  return ok(file(repository, found, url(found, path)));
}

function file({ git }: RepositoryState, { sha }: TreeEntry, shape: object): object {
  const bytes = git.blobs.get(sha) ?? new Uint8Array();
  // Between 1 and 100 MB the file is named, its content left out.
  const content =
    bytes.length > 1024 * 1024 ? { encoding: 'none', content: '' } : { encoding: 'base64', content: inLines(bytes) };
  return { ...shape, type: 'file', ...content, download_url: null };
}

function compare(call: Call): Reply {
  const { repository, shapes, params, query } = call;
  const [base, head] = (params.basehead as string).split('...').map((name) => repository.resolve(name));
  if (!base || !head) throw notFound();
  const ahead = repository.git.between(base.sha, head.sha);
  const behind = repository.git.between(head.sha, base.sha);
  const fork = ahead[0]?.parents.find((sha) => !ahead.some((commit) => commit.sha === sha));
  // Without a page, the last 250 commits come at once.
  const { page, size } = query.has('page') || query.has('per_page') ? pageOf(call) : { page: 1, size: 250 };
  const url = shapes.at(repository, `/compare/${params.basehead}`);
  const body = {
    ...{ url, html_url: url, permalink_url: url, diff_url: `${url}.diff`, patch_url: `${url}.patch` },
    base_commit: shapes.commit(repository, base),
    merge_base_commit: shapes.commit(repository, repository.git.commits.get(fork ?? '') ?? base),
    status: ahead.length > 0 ? (behind.length > 0 ? 'diverged' : 'ahead') : behind.length > 0 ? 'behind' : 'identical',
    ...{ ahead_by: ahead.length, behind_by: behind.length, total_commits: ahead.length },
    commits: ahead.slice((page - 1) * size, page * size).map((commit) => shapes.commit(repository, commit)),
    files: [],
  };
  return { status: 200, body, total: ahead.length };
}

function find({ git }: RepositoryState, commit: CommitObject, path: string): TreeEntry | undefined {
  let entry: TreeEntry = { mode: '040000', type: 'tree', path: '', sha: commit.tree };
  for (const segment of path.split('/').filter(Boolean)) {
    const next = git.trees.get(entry.sha)?.find((candidate) => candidate.path === segment);
    if (!next) return undefined;
    entry = next;
  }
  return entry;
}

function below(repository: RepositoryState, entries: readonly TreeEntry[], folder = ''): TreeEntry[] {
  return entries.flatMap((entry) => {
    const here = { ...entry, path: folder + entry.path };
    if (entry.type !== 'tree') return [here];
    return [here, ...below(repository, repository.git.trees.get(entry.sha) ?? [], `${here.path}/`)];
  });
}

function commitNamed({ git }: RepositoryState, sha: string | undefined): CommitObject {
  const commit = git.commits.get(sha ?? '');
  if (!commit) throw notFound();
  return commit;
}

/** Base64 in lines of 60, as GitHub writes it. */
function inLines(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('base64')
    .replace(/.{1,60}/g, '$&\n');
}

function ok(body: unknown): Reply {
  return { status: 200, body };
}
