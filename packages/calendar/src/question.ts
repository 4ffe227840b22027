import type { EffectivePolicy } from '@tillgate/policy';
import { changeKindsOf, type Instant, parseDuration, type Subject } from '@tillgate/release';
import type { FreezeQuestion } from './look-at-calendar.ts';
import type { Purpose } from './seen.ts';

/** What a caller may add to what the policy says. Durations, in milliseconds, can only lengthen. */
export interface OwnQuestion {
  purpose: Purpose;
  at?: Instant | undefined;
  deployMs?: number | undefined;
  watchMs?: number | undefined;
  exceptionsFile?: string | undefined;
  /** An iCalendar file whose events close as well. */
  added?: FreezeQuestion['added'];
}

/** The question of the freeze check for one release under its policy: the gate asks it, and whoever looks again. */
export function freezeQuestion(policy: EffectivePolicy, subject: Subject, own: OwnQuestion): FreezeQuestion {
  const { environment, settings, whole, emergency } = policy;
  return {
    calendar: whole.calendar,
    policy: policy.digest,
    environment,
    class: policy.class,
    kinds: changeKindsOf(subject),
    release: subject.release,
    purpose: own.purpose,
    at: own.at,
    deployMs: Math.max(own.deployMs ?? 0, parseDuration(environment.deployDuration)),
    watchMs: Math.max(own.watchMs ?? 0, parseDuration(settings.delivery.watch)),
    exceptionsFile: own.exceptionsFile,
    added: own.added,
    ...(emergency && { emergency }),
  };
}
