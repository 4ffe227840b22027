import { defineAct } from '@tillgate/action-kit';
import { inputs } from './inputs.ts';

export const act = defineAct({
  name: 'release-decision',
  title: 'Release decision',
  description:
    'Decides over the verdicts of all gates: go or no-go, with every reason; after approval, signs the release record.',
  inputs,
  outputs: {
    decision: '`go` or `no-go`.',
    reasons: 'The objections as JSON: code, gate, message, remedy.',
    release: 'Digest of the release that was decided over.',
    'release-class': 'The class that the policy gives the release.',
    'record-digest': 'Digest of the signed record (only with `sign`).',
    'record-file': 'Path of the signed record (only with `sign`).',
  },
  // Loaded late: what reads documents and signs is not needed to say that an input is wrong.
  async execute(frame) {
    if (frame.inputs.mode === 'assess') return (await import('./assess.ts')).assess(frame);
    return (await import('./sign.ts')).sign(frame);
  },
});
