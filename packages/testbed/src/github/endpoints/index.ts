import { attestationEndpoints } from './attestations.ts';
import { deploymentEndpoints } from './deployments.ts';
import type { Endpoints } from './endpoint.ts';
import { issueEndpoints } from './issues.ts';
import { pullEndpoints } from './pulls.ts';
import { repositoryEndpoints } from './repository.ts';
import { runEndpoints } from './runs.ts';

export const ENDPOINTS: Endpoints = {
  ...repositoryEndpoints,
  ...runEndpoints,
  ...pullEndpoints,
  ...deploymentEndpoints,
  ...issueEndpoints,
  ...attestationEndpoints,
};
