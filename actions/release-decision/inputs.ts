import { choice, path, releaseInputs, secret, text } from '@tillgate/action-kit';

export const inputs = {
  ...releaseInputs,
  mode: choice(['assess', 'sign'], {
    description:
      '`assess` decides over all verdicts; `sign` decides again after approval, looks at the freeze again, reads the approvals and signs the record.',
    default: 'assess',
  }),
  receipts: text({
    description:
      'The jobs that hold the gates, as the expression `toJSON(needs)`. Each gives the outputs `<gate>-receipt` and `<gate>-outcome`.',
  }),
  documents: path({
    description: 'Folder into which the documents of all gates were downloaded.',
    default: 'tillgate-documents',
  }),
  exceptions: path({
    description:
      'Path, on the default branch, of the file of approved freeze exceptions (only with `sign`); the same that the freeze check was given.',
    optional: true,
  }),
  'decision-folder': path({
    description: 'Folder to write `decision.json` (for programs) and `decision.md` (for people) to.',
    default: 'tillgate-decision',
  }),
  'record-file': path({
    description: 'File to write the signed record to (only with `sign`).',
    default: 'release-record.json',
  }),
  'signing-key': secret({
    description: 'Private key that signs the record, as PEM (PKCS#8): ed25519 or ECDSA P-256 (only with `sign`).',
    optional: true,
  }),
  'approval-environment': text({
    description: 'The environment whose approvals count (only with `sign`). Default: `<environment>-approval`.',
    optional: true,
  }),
};
