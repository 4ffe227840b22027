import { secret, text } from '@tillgate/action-kit';

export const inputs = {
  kubeconfig: secret({
    description:
      'Content of a kubeconfig that may read the workload and the environment object (deploy/roles/observe.yaml).',
  }),
  namespace: text({ description: 'Namespace of the workload.' }),
  workload: text({ description: 'Name of the Deployment.' }),
};
