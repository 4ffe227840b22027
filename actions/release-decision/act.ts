import { defineAct } from '@tillgate/action-kit';
import { assess } from './assess.ts';
import { inputs } from './inputs.ts';
import { sign } from './sign.ts';

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
  execute: (frame) => (frame.inputs.mode === 'assess' ? assess(frame) : sign(frame)),
});
