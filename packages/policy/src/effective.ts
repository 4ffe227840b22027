import {
  digestOfValue,
  type FloorClass,
  type GateName,
  type Instant,
  millisOf,
  type ReleaseClass,
  type Sha256,
  type Subject,
  stricter,
} from '@tillgate/release';
import { type LoadedPolicy, PolicyError } from './load.ts';
import type { ClassPolicy, Emergency, EnvironmentPolicy, Policy } from './schema.ts';

/** The policy as it applies to one release: to its environment and its class. */
export interface EffectivePolicy {
  environment: EnvironmentPolicy & { name: string };
  class: ReleaseClass;
  /** Why this class and no other, for the summary. */
  classBecause: string;
  settings: ClassPolicy & { gates: GateName[] };
  /** The declaration that made it an emergency. */
  emergency?: Emergency;
  whole: Policy;
  /** Digest of the policy file's bytes. */
  digest: Sha256;
  /** Digest of all of the above that decides: the same in every gate of one release. */
  configuration: Sha256;
}

/**
 * Works out what the policy asks of a release. The class is the stricter of the environment's and the one
 * asked for; only a declaration in the policy itself, approved by another person and not expired, makes an
 * emergency of it.
 *
 * @param asked the class the caller asks for: a floor, never a way down
 * @param at the moment for which the policy is read
 * @throws PolicyError when environment or class are not in the policy
 */
export function effectivePolicy(
  loaded: LoadedPolicy,
  release: Pick<Subject, 'commit' | 'environment' | 'release'>,
  asked: FloorClass | undefined,
  at: Instant,
): EffectivePolicy {
  const { policy, name } = loaded;
  const settingsOf = policy.environments;
  const environment = Object.hasOwn(settingsOf, release.environment) ? settingsOf[release.environment] : undefined;
  if (!environment) {
    const known = Object.keys(policy.environments).join(', ') || 'none';
    throw new PolicyError(
      `The environment "${release.environment}" is not in ${name} (there: ${known}). A release goes only where the policy says how.`,
    );
  }
  const floor = stricter(environment.class, asked ?? 'routine');
  const emergency = policy.emergencies.find((one) => declares(one, release, at));
  const chosen: ReleaseClass = emergency ? 'emergency' : floor;
  const settings = policy.classes[chosen];
  if (!settings?.gates) {
    throw new PolicyError(
      `The class "${chosen}" has no gates in ${name}. Write classes.${chosen}.gates, or extend a preset.`,
    );
  }
  const decides = {
    environment: { ...environment, name: release.environment },
    class: chosen,
    settings: { ...settings, gates: gatesFor(settings.gates, environment) },
  };
  return {
    ...decides,
    ...(emergency && { emergency }),
    classBecause: emergency
      ? `declared in the policy as emergency ${emergency.id} (asked by ${emergency.requestedBy}, approved by ${emergency.approvedBy}): ${emergency.reason}`
      : asked !== undefined && floor !== environment.class
        ? `asked for by the caller; the environment alone asks for ${environment.class}`
        : 'what the environment asks for',
    whole: policy,
    digest: loaded.digest,
    configuration: digestOfValue({ ...decides, emergency: emergency?.id ?? null, policy }),
  };
}

/**
 * Two versions share a database while a release is delivered step by step, so somebody must have looked whether they may:
 * canary-deploy refuses a record that does not say so, and a decision that did not ask would be one for nothing.
 */
function gatesFor(named: GateName[], { delivery }: EnvironmentPolicy): GateName[] {
  return delivery && !named.includes('migration-readiness') ? [...named, 'migration-readiness'] : named;
}

function declares(one: Emergency, release: Pick<Subject, 'commit' | 'environment' | 'release'>, at: Instant): boolean {
  if (one.environment !== release.environment || samePerson(one.approvedBy, one.requestedBy)) return false;
  if (millisOf(one.expires) <= millisOf(at)) return false;
  const named = [one.commit && one.commit === release.commit, one.release && one.release === release.release].filter(
    (known) => known !== undefined,
  );
  return named.length > 0 && named.every(Boolean);
}

/** Account names differ neither by case nor by blanks around them. */
function samePerson(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}
