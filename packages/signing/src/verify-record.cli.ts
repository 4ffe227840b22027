import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FileError, readBounded, systemClock } from '@tillgate/host';
import { type Instant, instantOf, parseInstant, TimeFormatError } from '@tillgate/release';
import { ENVELOPE_LIMIT } from './dsse.ts';
import { KEY_SET_LIMIT, type KeySet, KeySetError, parseKeySet } from './key-set.ts';
import { recordTable } from './record-table.ts';
import { RecordRefused } from './refusal.ts';
import { type VerifiedLink, verifyChain } from './verify-chain.ts';

const USAGE = `usage: npm run verify-record -- <file>... --keys <file> [--environment <name>] [--at <time>] [--json]

Verifies signed records of releases, deliveries and recoveries offline: their signatures, their keys, their time, and that
a release says PASSED. Of several files, in any order, also that they are one chain: each follows the one before, and an
act is about the release before it. The time of those that others follow may be over.
What only the environment knows (its identity, the head of its chain) is not judged here.

  --keys <file>         the key set to verify with
  --environment <name>  refuse a record of another environment
  --at <time>           judge as of this time (RFC 3339 with an offset) instead of now
  --json                print one JSON object for programs

exit code: 0 the records are valid, 1 one is not, 2 it could not be judged (usage, key set)`;

interface Question {
  files: string[];
  keys: string;
  environment: string | undefined;
  at: Instant;
  json: boolean;
}

/** The question could not be asked. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<0 | 1 | 2> {
  if (args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  try {
    const question = questionOf(args);
    const keys = await keysOf(question.keys);
    return await answer(question, keys);
  } catch (problem) {
    if (!(problem instanceof UsageError)) throw problem;
    console.error(`verify-record: ${problem.message}`);
    return 2;
  }
}

function questionOf(args: string[]): Question {
  const { values, positionals } = parsed(args);
  if (positionals.length === 0) throw new UsageError(`a record file is needed, none is given.\n\n${USAGE}`);
  if (values.keys === undefined)
    throw new UsageError(`--keys is missing: without keys nothing can be verified.\n\n${USAGE}`);
  return {
    files: positionals,
    keys: values.keys,
    environment: values.environment,
    at: timeOf(values.at),
    json: values.json,
  };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        keys: { type: 'string' },
        environment: { type: 'string' },
        at: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
  } catch (cause) {
    throw new UsageError(`${(cause as Error).message}\n\n${USAGE}`);
  }
}

function timeOf(at: string | undefined): Instant {
  if (at === undefined) return instantOf(systemClock.now());
  try {
    return parseInstant(at);
  } catch (cause) {
    if (!(cause instanceof TimeFormatError)) throw cause;
    throw new UsageError(`--at: ${cause.message}`);
  }
}

async function keysOf(path: string): Promise<KeySet> {
  try {
    return parseKeySet(await readBounded(placed(path), KEY_SET_LIMIT));
  } catch (cause) {
    if (!(cause instanceof KeySetError || cause instanceof FileError)) throw cause;
    throw new UsageError(`--keys: ${cause.message}`);
  }
}

async function answer({ files, environment, at, json }: Question, keys: KeySet): Promise<0 | 1> {
  let chain: VerifiedLink[];
  try {
    const read = await Promise.all(files.map((file) => readBounded(placed(file), ENVELOPE_LIMIT)));
    chain = verifyChain(read, keys, environment, at);
  } catch (problem) {
    if (!(problem instanceof RecordRefused || problem instanceof FileError)) throw problem;
    const reason = problem instanceof RecordRefused ? problem.reason : 'unreadable';
    if (json) console.log(JSON.stringify({ valid: false, at, reason, message: problem.message }));
    else console.error(`NOT VALID (${reason})\n${problem.message}`);
    return 1;
  }
  const [only, ...more] = chain;
  if (json) console.log(JSON.stringify({ valid: true, at, ...(more.length > 0 ? { chain } : only) }));
  else console.log(`VALID at ${at}\n\n${chain.map(recordTable).join('\n\n')}`);
  return 0;
}

/** npm starts its scripts in the root of the repository, wherever it was called: paths are meant from there. */
function placed(path: string): string {
  const calledFrom = process.env.npm_lifecycle_event === 'verify-record' ? process.env.INIT_CWD : undefined;
  return resolve(calledFrom ?? '.', path);
}
