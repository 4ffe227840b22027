import { silentLog, systemPrograms } from '@tillgate/host';
import { programAndArgs } from '../runs/index.ts';
import { odooWords, type Sandbox } from './sandbox.ts';

const TIMEOUT_MS = 15 * 60_000;

/** Raised when an Odoo command ends with another exit code than 0; the message has the end of its log. */
export class OdooError extends Error {
  override readonly name = 'OdooError';
}

/** Runs an Odoo command to its end and returns what it printed. @throws OdooError */
async function runOdoo(
  sandbox: Sandbox,
  command: 'server' | 'shell',
  args: readonly string[],
  input?: string,
): Promise<string> {
  const { words, env } = await odooWords(sandbox, command, args);
  const { file, args: rest } = programAndArgs(words);
  const ended = await systemPrograms(silentLog).run(file, rest, {
    env,
    cwd: sandbox.data,
    timeoutMs: TIMEOUT_MS,
    ...(input !== undefined && { input }),
  });
  if (ended.exitCode === 0) return ended.stdout;
  throw new OdooError(
    `odoo ${command} ${args.join(' ')} ended with exit code ${ended.exitCode}: ${ended.stderr.trim().slice(-3_000)}`,
  );
}

/** Installs or updates modules in a database and ends. @throws OdooError */
export async function changeModules(
  sandbox: Sandbox,
  database: string,
  modules: { install?: readonly string[]; update?: readonly string[]; args?: readonly string[] },
): Promise<void> {
  const args = ['-d', database, '--stop-after-init', '--no-http', ...(modules.args ?? [])];
  if (modules.install?.length) args.push('-i', modules.install.join(','));
  if (modules.update?.length) args.push('-u', modules.update.join(','));
  await runOdoo(sandbox, 'server', args);
}

/**
 * Runs Python in Odoo's shell, where `env` is at hand, and returns what it printed. Changes stay only
 * after `env.cr.commit()`. @throws OdooError, also if the Python raises
 */
export function runShell(sandbox: Sandbox, database: string, python: string): Promise<string> {
  return runOdoo(sandbox, 'shell', ['-d', database, '--no-http', '--log-level=warn'], python);
}
