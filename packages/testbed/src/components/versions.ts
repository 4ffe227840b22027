/**
 * Every version the test bed is pinned to, in one place. What builds a component is told by its recipe
 * in `recipes/`; a component found elsewhere is taken when its version fits.
 *
 * Debian's entries are what the release ships that the bed was measured on; their recipes accept a range.
 */
export const versions = {
  // workflows
  act: '0.2.89',
  actionlint: '1.7.12',
  zizmor: '1.32.0',
  node24: '24',

  // images and findings
  trivy: '0.72.0',
  'fixture-db': '1.0.0',
  umoci: '0.4.7',
  skopeo: '1.9.3',
  'docker-registry': '2.8.2',
  cosign: '3.1.1',

  // cluster
  etcd: '3.6.6',
  kubernetes: '1.36.3',
  kwok: '0.8.0',

  // pods
  shop: '1.0.0',

  // traffic
  traefik: '3.7.5',
  'gateway-api': '1.5.1',
  'envoy-gateway': '1.9.1',
  envoy: '1.39.1', // the one that this Envoy Gateway names
  prometheus: '2.42.0',

  // data
  postgresql: '15',
  pgbackrest: '2.45.0',
  restic: '0.14.0',
  redis: '7.0.15',
  bubblewrap: '0.8.0',
  odoo: '19.0',
  'queue-job': '19.0.1.1.0',

  // only to compare with
  flagger: '1.44.0',
  'argo-rollouts': '1.10.2',
  'argo-cd': '3.3.3',
} as const;
