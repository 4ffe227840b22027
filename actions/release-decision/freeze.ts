import type { TrustedSource } from '@tillgate/action-kit';
import { freezeQuestion, judgeFreeze, lookAtCalendar } from '@tillgate/calendar';
import { type Decision, type Objection, objection } from '@tillgate/decision';
import { conclude, instantOf } from '@tillgate/release';
import type { ReleaseRecord } from '@tillgate/signing';
import type { DecisionFrame } from './assess.ts';

/**
 * Looks at the calendar again: a freeze may have begun while people thought about the release. The same
 * question, the same rules as in the gate, at this moment.
 */
export async function freezeNow(
  decision: Decision,
  trusted: TrustedSource,
  { inputs, clock, signal }: DecisionFrame,
): Promise<{ objections: Objection[]; recorded: ReleaseRecord['freeze'] }> {
  const offsetMs = trusted.clockOffsetMs();
  const { seen } = await lookAtCalendar(
    freezeQuestion(decision.policy, decision.subject, { purpose: 'release', exceptionsFile: inputs.exceptions }),
    {
      now: () => clock.now(),
      clockSource: clock.source,
      secondClock: offsetMs === undefined ? undefined : { name: trusted.name, offsetMs },
      readTrusted: async (path) => (await trusted.read(path, signal)).bytes,
      signal,
    },
  );
  const findings = judgeFreeze(seen, 'enforce');
  const outcome = conclude(findings, { expected: 1, missing: [] }, seen.now);
  const tolerated = outcome === 'inconclusive' && decision.policy.settings.tolerates.includes('freeze-window-check');
  const blocking = findings.filter(
    ({ severity, accepted }) => !accepted && (severity === 'fail' || (severity === 'unknown' && !tolerated)),
  );
  return {
    objections: blocking.map(({ message, remedy }) =>
      objection('frozen', 'freeze-window-check', `Looked at again after approval: ${message}`, remedy),
    ),
    recorded: {
      at: instantOf(clock.now()),
      closesAt: seen.closesAt ?? null,
      window: seen.met.find(({ level }) => level !== 'advise')?.window ?? null,
    },
  };
}
