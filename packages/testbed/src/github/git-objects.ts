import { createHash } from 'node:crypto';

/** What lies at a path of a commit. */
export type File = string | Uint8Array | { symlink: string } | { submodule: string } | { executable: string };
export type Files = Readonly<Record<string, File>>;

export interface TreeEntry {
  mode: '100644' | '100755' | '120000' | '160000' | '040000';
  type: 'blob' | 'tree' | 'commit';
  path: string;
  sha: string;
}

/** Who and when, as a commit says it: a name and an address that anybody can write. */
export interface Signature {
  name: string;
  email: string;
  at: Date;
}

export interface CommitObject {
  sha: string;
  tree: string;
  parents: string[];
  author: Signature;
  committer: Signature;
  message: string;
}

/** Git's objects in memory, under the names that git gives them. */
export class GitObjects {
  readonly blobs = new Map<string, Uint8Array>();
  readonly trees = new Map<string, TreeEntry[]>();
  readonly commits = new Map<string, CommitObject>();

  /** Adds a tree with all that lies in it, and returns its name. */
  addTree(files: Files): string {
    const entries: TreeEntry[] = [];
    for (const [name, below] of inFolders(files)) {
      if (below instanceof Map) {
        entries.push({ mode: '040000', type: 'tree', path: name, sha: this.addTree(Object.fromEntries(below)) });
      } else {
        entries.push({ ...this.#addFile(below), path: name });
      }
    }
    // Git sorts a folder as if its name ended with a slash.
    const keyOf = ({ path, type }: TreeEntry) => Buffer.from(type === 'tree' ? `${path}/` : path);
    entries.sort((a, b) => Buffer.compare(keyOf(a), keyOf(b)));
    const sha = nameOf('tree', treeBytes(entries));
    this.trees.set(sha, entries);
    return sha;
  }

  /** Adds a commit, and returns its name. */
  addCommit(commit: Omit<CommitObject, 'sha'>): string {
    const sha = nameOf('commit', commitBytes(commit));
    this.commits.set(sha, { ...commit, sha });
    return sha;
  }

  #addFile(file: File): Pick<TreeEntry, 'mode' | 'type' | 'sha'> {
    if (typeof file === 'object' && 'submodule' in file) return { mode: '160000', type: 'commit', sha: file.submodule };
    if (typeof file === 'object' && 'symlink' in file)
      return { mode: '120000', type: 'blob', sha: this.#addBlob(file.symlink) };
    if (typeof file === 'object' && 'executable' in file) {
      return { mode: '100755', type: 'blob', sha: this.#addBlob(file.executable) };
    }
    return { mode: '100644', type: 'blob', sha: this.#addBlob(file) };
  }

  #addBlob(content: string | Uint8Array): string {
    const bytes = Buffer.from(content);
    const sha = nameOf('blob', bytes);
    this.blobs.set(sha, bytes);
    return sha;
  }

  /** All commits that `head` has and `base` has not, oldest first. */
  between(base: string | undefined, head: string): CommitObject[] {
    const known = new Set(base === undefined ? [] : this.#ancestry(base).map(({ sha }) => sha));
    return this.#ancestry(head)
      .filter(({ sha }) => !known.has(sha))
      .reverse();
  }

  /** A commit and all before it, nearest first. */
  #ancestry(head: string): CommitObject[] {
    const found = new Map<string, CommitObject>();
    const waiting = [head];
    for (const sha of waiting) {
      const commit = this.commits.get(sha);
      if (!commit || found.has(sha)) continue;
      found.set(sha, commit);
      waiting.push(...commit.parents);
    }
    return [...found.values()];
  }
}

function treeBytes(entries: readonly TreeEntry[]): Uint8Array {
  return Buffer.concat(
    entries.flatMap(({ mode, path, sha }) => [
      Buffer.from(`${mode.replace(/^0/, '')} ${path}\0`),
      Buffer.from(sha, 'hex'),
    ]),
  );
}

/** The bytes of a commit object, for comparison with git itself. */
export function commitBytes({ tree, parents, author, committer, message }: Omit<CommitObject, 'sha'>): Uint8Array {
  const by = ({ name, email, at }: Signature) => `${name} <${email}> ${Math.floor(at.getTime() / 1_000)} +0000`;
  const head = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`)];
  return Buffer.from([...head, `author ${by(author)}`, `committer ${by(committer)}`, '', message].join('\n'));
}

function nameOf(type: string, bytes: Uint8Array): string {
  return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
}

function inFolders(files: Files): Map<string, File | Map<string, File>> {
  const entries = new Map<string, File | Map<string, File>>();
  for (const [path, file] of Object.entries(files)) {
    const slash = path.indexOf('/');
    if (slash < 0) {
      entries.set(path, file);
      continue;
    }
    const folder = path.slice(0, slash);
    const below = entries.get(folder) ?? new Map<string, File>();
    if (!(below instanceof Map)) throw new Error(`${folder} is a file and a folder at once.`);
    below.set(path.slice(slash + 1), file);
    entries.set(folder, below);
  }
  return entries;
}
