import { defineAct } from '@tillgate/action-kit';
import { inputs } from './inputs.ts';

/** A hosted job ends after six hours; the rest of that is left for winding down. */
const DEADLINE_MS = (5 * 60 + 45) * 60_000;

/** GitHub kills 10 s after its first signal. */
const GRACE_MS = 9_000;

export const act = defineAct({
  name: 'canary-deploy',
  title: 'Canary deploy',
  description:
    'Delivers a signed release step by step: traffic moves only on evidence, and always knows its way back. Run again, it goes on where it was.',
  inputs,
  outputs: {
    phase:
      '`promoted`, `returned`, `held`, `paused`, `forward`, `back`, `interrupted` (begun, and this run can do nothing more for it), `superseded` (somebody else drives it) or `refused` (nothing was touched): where it stands.',
    share: 'Share of the candidate in percent, at the end.',
    'decided-by': 'What turned it: `analysis`, `floor`, `freeze`, `command`, …; empty when nothing did.',
    'delivery-record': 'Path of the signed delivery record, once it is over.',
  },
  deadlineMs: DEADLINE_MS,
  graceMs: GRACE_MS,
  async execute(frame) {
    return (await import('./deliver.ts')).deliver(frame);
  },
});
