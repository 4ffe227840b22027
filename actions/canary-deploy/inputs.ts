import { choice, path, secret, text } from '@tillgate/action-kit';

export const inputs = {
  namespace: text({ description: 'Namespace of the workload.' }),
  workload: text({ description: 'The workload, as `deployment/odoo`.' }),
  record: path({
    description: 'The signed release record. The plan, steps, router, route and metrics are taken from it.',
    default: 'tillgate-record/release-record.json',
  }),
  'prometheus-url': text({
    description: 'Address of Prometheus. Without it nothing can be shown, and what cannot be shown holds a release.',
    default: '',
  }),
  kubeconfig: secret({ description: 'Content of a kubeconfig with the rights of deploy/roles/deploy.yaml.' }),
  'signing-key': secret({
    description: 'Private key that signs the delivery record, as PEM (PKCS#8): one of kind `delivery`.',
  }),
  'on-inconclusive': choice(['safe-state', 'pause'], {
    description:
      'What is done where nothing can be known for too long: `safe-state` goes where the plan says; `pause` waits for a person.',
    default: 'safe-state',
  }),
  'timeline-file': path({
    description: 'File to write to what happened, as JSON; kept up to date while it happens.',
    default: 'tillgate-delivery/timeline.json',
  }),
  'delivery-record-file': path({
    description: 'File to write the signed delivery record to.',
    default: 'tillgate-delivery/delivery-record.json',
  }),
  'github-token': secret({
    description:
      'Token that may write deployments, so that GitHub shows where this one stands. Without that right it is not told.',
    default: '${{ github.token }}',
  }),
};
