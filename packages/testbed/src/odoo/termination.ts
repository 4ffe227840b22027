import { diesWithParent } from '../runs/index.ts';

// bubblewrap ends at a SIGTERM without passing it on. This shell does pass it on, to the process that
// bubblewrap has named in the file; `wait` returns early when a signal comes, hence the loop.
const SCRIPT = `
info=$1
shift
"$@" 3>"$info" &
child=$!
trap 'kill -TERM "$(sed -n "s/.*child-pid\\": *\\([0-9]*\\).*/\\1/p" "$info")"' TERM
while kill -0 "$child" 2>/dev/null; do
  wait "$child"
  code=$?
done
exit "$code"
`;

/**
 * The words that run a server in bubblewrap so that SIGTERM reaches the server itself, which then ends
 * as it would on a node.
 *
 * @param info file that does not exist yet, for the server's process id
 */
export function terminable(words: readonly string[], info: string): string[] {
  const [bubblewrap, ...rest] = words as [string, ...string[]];
  return [...diesWithParent(), 'sh', '-c', SCRIPT, 'sh', info, bubblewrap, '--info-fd', '3', ...rest];
}
