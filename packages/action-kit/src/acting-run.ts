/** The run of GitHub Actions that acts, for the record of what it does; null where it is none. */
export function actingRun(): { repository: string; id: string; attempt: number } | null {
  const { GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id, GITHUB_RUN_ATTEMPT: attempt = '1' } = process.env;
  return repository && id ? { repository, id, attempt: Number(attempt) } : null;
}
