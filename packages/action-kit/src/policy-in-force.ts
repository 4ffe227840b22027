import type { EffectivePolicy } from '@tillgate/policy';
import { instantOf, type Subject } from '@tillgate/release';
import type { releaseInputs } from './common-inputs.ts';
import type { Frame } from './frame.ts';
import type { InputKinds, Values } from './input-kinds.ts';
import type { TrustedSource, TrustedSourceMaker } from './trusted.ts';

/**
 * Reads the policy from the trusted source and works out what it asks of this release.
 *
 * @throws Error when it cannot be had or used: without a policy there is no verdict
 */
export async function policyInForce(
  inputs: Values<typeof releaseInputs>,
  subject: Subject,
  frame: Pick<Frame<InputKinds>, 'clock' | 'log' | 'signal'>,
  make: TrustedSourceMaker,
): Promise<{ policy: EffectivePolicy; trusted: TrustedSource; commit: string }> {
  const trusted = await make({
    token: inputs['github-token'],
    repository: demanded('GITHUB_REPOSITORY'),
    apiUrl: process.env.GITHUB_API_URL ?? 'https://api.github.com',
  });
  // Loaded late, because an action whose inputs are wrong should say so before it has read a YAML parser; and
  // while GitHub is asked, because neither waits for the other.
  const [{ bytes, commit, ref }, { effectivePolicy, loadPolicy }] = await Promise.all([
    trusted.read(inputs.policy, frame.signal),
    import('@tillgate/policy'),
  ]);
  const loaded = loadPolicy(bytes, inputs.policy);
  const policy = effectivePolicy(loaded, subject, inputs['release-class'], instantOf(frame.clock.now()));
  frame.log.info(
    `Policy in force: ${inputs.policy} on ${ref} at ${commit.slice(0, 12)} (${loaded.digest.slice(0, 19)}…), class ${policy.class}: ${policy.classBecause}.`,
  );
  return { policy, trusted, commit };
}

function demanded(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === '')
    throw new Error(`${variable} is not set: this action runs in a GitHub workflow, which sets it.`);
  return value;
}
