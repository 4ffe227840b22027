/** A module under which `fetch` does this, and nobody waits before asking again. */
export function inFetch(body: string): string {
  return `import timers from 'node:timers/promises';
import { syncBuiltinESMExports } from 'node:module';
timers.setTimeout = async () => undefined;
syncBuiltinESMExports();
globalThis.fetch = async function () { ${body} };`;
}

/** Long timers, as deadlines are, come after a moment; short ones as they are. */
export const SHORT_DEADLINE =
  'const wait = globalThis.setTimeout; globalThis.setTimeout = (f, ms, ...rest) => wait(f, ms >= 300_000 ? 300 : ms, ...rest);';

/** Long timers keep no process alive. */
export const NO_DEADLINE =
  'const wait = globalThis.setTimeout; globalThis.setTimeout = (f, ms, ...rest) => { const timer = wait(f, ms, ...rest); if (ms >= 300_000) timer.unref(); return timer; };';

/** An error that holds every secret input in many forms, each on a line of its own. */
export const BLABBING = `
  const said = ['blabbed'];
  for (const name of ['GITHUB-TOKEN', 'KUBECONFIG', 'SIGNING-KEY']) {
    const secret = process.env['INPUT_' + name];
    if (!secret) continue;
    const base64 = (text) => Buffer.from(text).toString('base64');
    said.push(secret, 'https://x:' + secret + '@host/', 'https://host/?t=' + encodeURIComponent(secret), JSON.stringify({ secret }),
      base64(secret), base64('x:' + secret), base64('xy:' + secret + ':z'), 'https://host/?b=' + encodeURIComponent(base64('x:' + secret)),
      Buffer.from('u:' + secret).toString('base64url'), ...secret.split('\\n').map((line) => '> ' + line));
  }
  throw new Error(said.join('\\n'));`;
