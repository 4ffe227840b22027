import { digestOf, type Finding, type Mode } from '@tillgate/release';
import { freezeRules } from './rules/index.ts';
import type { FreezeSeen } from './seen.ts';

/** Judges a look with every rule of the freeze check. */
export function judgeFreeze(seen: FreezeSeen, mode: Mode): Finding[] {
  const digest = digestOf('');
  // of the basis, rules of the freeze check read only the mode; the rest is what the caller's verdict carries
  const basis = {
    policy: digest,
    configuration: digest,
    inputs: digest,
    class: seen.class,
    mode,
    clock: { source: seen.clock.source, offsetMs: seen.clock.offsetMs ?? 0 },
  };
  return freezeRules.flatMap((rule) => rule.judge(seen, basis));
}
