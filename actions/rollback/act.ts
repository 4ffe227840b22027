import { defineAct } from '@tillgate/action-kit';
import { inputs } from './inputs.ts';

/** GitHub kills 10 s after its first signal. */
const GRACE_MS = 9_000;

export const act = defineAct({
  name: 'rollback',
  title: 'Roll back',
  description:
    'Takes the newest release back to what ran before it, and to nothing else: traffic first, then code. Tells what it would do unless it is told to do it.',
  inputs,
  outputs: {
    from: 'Digest of the image that is taken back; empty when nothing is.',
    to: 'Digest of the image that runs again; empty when nothing is taken back.',
    verified: '`yes`, `no`, or `partly` where something could not be looked at; empty when nothing was done.',
    'duration-seconds': 'How long it took; empty when nothing was done.',
    'recovery-record': 'Path of the signed recovery record.',
  },
  graceMs: GRACE_MS,
  async execute(frame) {
    return (await import('./roll-back.ts')).rollBack(frame);
  },
});
