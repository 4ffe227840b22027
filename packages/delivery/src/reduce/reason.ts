/**
 * The longest reason that is kept, in characters. A status holds four at most, once more for people, and lies with its
 * record in an object of 256 kB: even wholly escaped, at six bytes a character, they leave room for the rest.
 */
const LONGEST = 2_000;

/** A reason as a status keeps it. What people, pods and clusters say has any length; what was left out is told. */
export function reasonOf(said: string): string {
  if (said.length <= LONGEST) return said;
  return `${said.slice(0, LONGEST - 100).replace(/[\ud800-\udbff]$/, '')} … (${said.length} characters in all)`;
}
