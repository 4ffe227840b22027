import { digestOf, type Sha256 } from '@tillgate/release';
import type * as z from 'zod';
import { merge } from './merge.ts';
import { keysAt, nearestKey } from './nearest-key.ts';
import { PRESETS } from './presets.ts';
import { type PlacedYaml, readYaml } from './read-yaml.ts';
import { type Policy, policySchema } from './schema.ts';

/** Faults of one file that are told at once. */
const MOST_TOLD = 20;

/** Raised when a policy cannot be used; the message lists every fault with line and column. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/** A policy that may be used, and the digest of the bytes it was read from. */
export interface LoadedPolicy {
  policy: Policy;
  digest: Sha256;
  /** The file's name, for messages. */
  name: string;
}

/**
 * Reads a policy file: strict YAML, strict keys, then its preset below it, then defaults.
 *
 * @param name how the file is called in messages
 * @throws YamlError when it is no YAML, PolicyError when it is no policy
 */
export function loadPolicy(bytes: Uint8Array, name = '.github/release-policy.yml'): LoadedPolicy {
  const file = readYaml(bytes, name);
  if (file.value === null || file.value === undefined) {
    throw new PolicyError(`${name} is empty. The shortest policy that works names a preset and an environment.`);
  }
  refuseFaults(policySchema, policySchema.safeParse(file.value), file, name);
  const own = file.value as { extends?: string };
  const preset =
    own.extends === undefined ? {} : Object.hasOwn(PRESETS, own.extends) ? PRESETS[own.extends] : undefined;
  if (preset === undefined) {
    const { line, column } = file.positionOf(['extends']);
    throw new PolicyError(
      `${name}, line ${line}, column ${column}: there is no preset "${own.extends}". There are: ${Object.keys(PRESETS).join(', ')}.`,
    );
  }
  const whole = policySchema.safeParse(merge(preset, own));
  refuseFaults(policySchema, whole, file, name);
  return { policy: whole.data as Policy, digest: digestOf(bytes), name };
}

/**
 * Reads another file of the policy's family, as strictly: an approved list of exceptions, a calendar.
 *
 * @param name how the file is called in messages
 * @throws YamlError when it is no YAML, PolicyError when it is not what the schema says
 */
export function loadStrict<S extends z.ZodType>(schema: S, bytes: Uint8Array, name: string): z.output<S> {
  return loadPlaced(schema, bytes, name).value;
}

/** A value that was read, and where each part of it stands in its file. */
export interface Placed<T> extends Pick<PlacedYaml, 'positionOf'> {
  value: T;
}

/** The same, for readers who will have more to say about a part of the file later on. */
export function loadPlaced<S extends z.ZodType>(schema: S, bytes: Uint8Array, name: string): Placed<z.output<S>> {
  const file = readYaml(bytes, name);
  const read = schema.safeParse(file.value);
  refuseFaults(schema, read, file, name);
  return { value: read.data as z.output<S>, positionOf: file.positionOf };
}

function refuseFaults(schema: z.ZodType, read: z.ZodSafeParseResult<unknown>, file: PlacedYaml, name: string): void {
  if (read.success) return;
  const { issues } = read.error;
  const faults = issues.slice(0, MOST_TOLD).flatMap((issue) => tell(schema, issue, file, name));
  const more = faults.length > MOST_TOLD || issues.length > MOST_TOLD ? ['There are more; these come first.'] : [];
  throw new PolicyError([...faults.slice(0, MOST_TOLD), ...more].join('\n'));
}

function tell(schema: z.ZodType, issue: z.core.$ZodIssue, file: PlacedYaml, name: string): string[] {
  const where = (path: readonly PropertyKey[]) => {
    const { line, column } = file.positionOf(path);
    return `${name}, line ${line}, column ${column}: ${path.map(String).join('.') || 'the file'}`;
  };
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.slice(0, MOST_TOLD + 1).map((key) => {
      const nearest = nearestKey(key, known);
      const hint = nearest ? `did you mean "${nearest}"?` : `known here: ${known.join(', ')}.`;
      return `${where([...issue.path, key])} is not known; ${hint}`;
    });
  }
  return [`${where(issue.path)}: ${issue.message}.`];
}
