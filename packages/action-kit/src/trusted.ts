/** A file as it lies on the trusted ref, and where that was. */
export interface TrustedFile {
  bytes: Uint8Array;
  /** The commit it was read at: the head of the default branch at that moment. */
  commit: string;
  ref: string;
}

/**
 * Where the policy in force comes from: the default branch, whatever the release has checked out. The
 * adapter is handed in by each action; the frame knows no GitHub.
 */
export interface TrustedSource {
  /** @throws Error when the file cannot be had, with the cause */
  read(path: string, signal: AbortSignal): Promise<TrustedFile>;
  /** Milliseconds by which this machine's clock is ahead of the source's, once it has answered. */
  clockOffsetMs(): number | undefined;
  /** What the source is, for evidence, for example `api.github.com`. */
  readonly name: string;
}

/** What an adapter needs to know to be made. */
export interface TrustedAccess {
  token: string;
  repository: string;
  apiUrl: string;
}

/** Makes a source; actions hand one over when they are wired. */
export type TrustedSourceMaker = (access: TrustedAccess) => Promise<TrustedSource>;
