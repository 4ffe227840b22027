import type { Log } from '@tillgate/host';
import { visible } from './markdown.ts';
import { debug, info, warning } from './runner.ts';
import type { Secrets } from './secrets.ts';

/**
 * A log line that the runner shows and does not obey: text from outside could begin with `::` or contain
 * `##[`, which are commands to it.
 */
export function harmless(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) =>
      visible(line)
        .replace(/^(\s*):(?=:)/, '$1: ')
        .replaceAll('##[', '## ['),
    )
    .join('\n');
}

/** The runner's log, without secrets and without commands in what is logged. */
export function runnerLog(secrets: Secrets): Log {
  const clean = (message: string) => harmless(secrets.redact(message));
  return {
    debug: (message) => debug(clean(message)),
    info: (message) => info(clean(message)),
    warn: (message) => warning(clean(message)),
  };
}
