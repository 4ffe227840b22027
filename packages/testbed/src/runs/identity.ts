import { userInfo } from 'node:os';

// The user `nobody` of every Linux: some programs insist on an entry in /etc/passwd.
const NOBODY = 65_534;

/**
 * Words to put before a program that refuses to run as root, such as `postgres` and `initdb`.
 *
 * For root, the program gets a user namespace in which it is `nobody`, while for everyone outside it
 * stays the same user: files need no change of owner, folders that only root may enter stay reachable,
 * and root's capabilities are gone. It works the same inside `unshare -rn`, where nobody else exists.
 */
export function notAsRoot(): string[] {
  if (userInfo().uid !== 0) return [];
  return ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--'];
}

/** Words to put before a program that must not outlive the process that started it. */
export function diesWithParent(): string[] {
  return ['setpriv', '--pdeathsig', 'KILL', '--'];
}

/** Splits words into a program and its arguments. */
export function programAndArgs(words: readonly string[]): { file: string; args: string[] } {
  const [file, ...args] = words;
  if (file === undefined) throw new RangeError('There is no program in an empty list of words.');
  return { file, args };
}
