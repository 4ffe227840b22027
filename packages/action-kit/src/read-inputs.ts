import type { InputKind, InputKinds, Values } from './input-kinds.ts';
import { getInput, variableOf } from './runner.ts';

/** Raised when inputs are wrong; the message lists all faults, one a line. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/**
 * Reads all inputs at once, so that a caller sees every fault in one run. An input that the action does
 * not have is a fault too: the runner only warns of a typing error, and then works with the default.
 *
 * @throws InputError
 */
export function readInputs<I extends InputKinds>(kinds: I, environment: NodeJS.ProcessEnv): Values<I> {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(kinds)) {
    const given = getInput(name);
    const fallback = writtenOut(kind);
    if (given === '' && (kind.required || fallback !== kind.default)) {
      faults.push(
        `${name} is missing or empty. ${kind.description} If it comes from another job's output, that job may have failed, been skipped, or had its output dropped because it contained a masked value.`,
      );
      continue;
    }
    try {
      values[name] = kind.parse(given === '' ? (fallback ?? '') : given);
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      faults.push(kind.secret ? `${name} is not usable (its value is secret and not shown).` : `${name}: ${message}`);
    }
  }
  faults.push(...unknownInputs(kinds, environment));
  if (faults.length > 0) throw new InputError(faults.join('\n'));
  return values as Values<I>;
}

/** Inputs as they were given, for a digest: without secrets, and with the defaults that apply. */
export function plainInputs(kinds: InputKinds): Record<string, string> {
  const plain = Object.entries(kinds).filter(([, kind]) => !kind.secret);
  return Object.fromEntries(plain.map(([name, kind]) => [name, getInput(name) || (kind.default ?? '')]));
}

/** The default as far as it is a value: an expression is the runner's to fill in, and left over means nothing. */
function writtenOut({ default: fallback }: InputKind<unknown>): string | undefined {
  return fallback?.startsWith('${{') ? undefined : fallback;
}

function unknownInputs(kinds: InputKinds, environment: NodeJS.ProcessEnv): string[] {
  const known = new Map(Object.keys(kinds).map((name) => [variableOf(name), name]));
  return Object.keys(environment)
    .filter((variable) => variable.startsWith('INPUT_') && !known.has(variable))
    .map((variable) => {
      const name = variable.slice('INPUT_'.length).toLowerCase();
      const hint =
        name === 'emergency'
          ? 'An emergency is declared in the policy, never by an input.'
          : `Known: ${[...known.values()].join(', ')}.`;
      return `${name} is no input of this action. ${hint}`;
    });
}
