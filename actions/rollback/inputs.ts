import { digest, flag, path, secret, text } from '@tillgate/action-kit';

/** The recovery record takes no longer one. */
export const REASON_LIMIT = 8_000;

export const inputs = {
  namespace: text({ description: 'Namespace of the workload.' }),
  workload: text({ description: 'The workload, as `deployment/odoo`.' }),
  reason: text({
    description: `Why it is taken back, for the record and for whoever releases it again: at most ${REASON_LIMIT} characters.`,
  }),
  confirm: text({
    description: 'The name of the environment, typed. Only needed with `execute`.',
    default: '',
  }),
  execute: flag({
    description: '`true` does it; `false` only tells everything that would be done.',
    default: 'false',
  }),
  quarantine: flag({
    description:
      '`false` leaves the image free to be released again: for a delivery that was interrupted, and nothing speaks against the image.',
    default: 'true',
  }),
  'unfinished-only': flag({
    description:
      '`true` takes back only a delivery that is not over: for a job that follows one whose runner died. What was promoted stays, and gets its delivery record where that is missing.',
    default: 'false',
  }),
  'record-digest': digest({
    description: 'Take back only the release with this record; where another is the newest, nothing is done.',
    optional: true,
  }),
  'prometheus-url': text({
    description:
      'Address of Prometheus, to see that traffic and errors are what they were. Empty: it is not looked at.',
    default: '',
  }),
  kubeconfig: secret({ description: 'Content of a kubeconfig with the rights of deploy/roles/deploy.yaml.' }),
  'signing-key': secret({
    description:
      'Private key that signs the recovery record, as PEM (PKCS#8): one of kind `recovery`. Only with `execute`. With `unfinished-only` of kind `delivery` too.',
    optional: true,
  }),
  'recovery-record-file': path({
    description: 'File to write the signed recovery record to.',
    default: 'tillgate-recovery/recovery-record.json',
  }),
  'github-token': secret({
    description:
      'Token that may write deployments, so that GitHub shows what runs again. Without that right it is not told.',
    default: '${{ github.token }}',
  }),
};
