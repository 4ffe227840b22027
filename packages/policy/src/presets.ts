/**
 * Presets a policy can start from. A preset is a policy without environments: those are the caller's own.
 * Values in a preset are what a policy file would say, before defaults.
 */
export const PRESETS: Readonly<Record<string, unknown>> = {
  'preset:odoo-retail': {
    classes: {
      routine: {
        gates: ['observe-production', 'freeze-window-check', 'image-scan-gate'],
        approvals: { count: 0 },
        recordValidFor: '24h',
      },
      standard: {
        gates: ['observe-production', 'freeze-window-check', 'image-scan-gate'],
        approvals: { count: 1 },
        recordValidFor: '24h',
        delivery: { strategy: 'canary', watch: '2h' },
      },
      'high-risk': {
        gates: ['observe-production', 'freeze-window-check', 'image-scan-gate'],
        warnings: 'block',
        approvals: { count: 2 },
        recordValidFor: '8h',
        delivery: { strategy: 'canary', watch: '48h' },
      },
      emergency: {
        gates: ['observe-production', 'freeze-window-check', 'image-scan-gate'],
        tolerates: ['image-scan-gate'],
        approvals: { count: 1 },
        recordValidFor: '2h',
        delivery: { strategy: 'canary', watch: '2h' },
      },
    },
    // What the add-on in deploy/odoo-metrics counts. Odoo answers exceptions with status 200, so a proxy does not see them.
    analysis: {
      sessions: { query: 'odoo_sessions_total{version=~"$candidate|$stable"}' },
      jobs: { query: 'odoo_job_looks_total{version=~"$candidate|$stable"}' },
      metrics: [
        {
          name: 'errors',
          query: 'odoo_requests_total{version=~"$candidate|$stable"}',
          unit: 'requests',
          tenant: 'database',
          warmUp: ['database'],
          share: { label: 'outcome', bad: 'error|killed' },
          pass: { below: 0.02 },
          floor: { share: 0.5, of: 100 },
          weight: 3,
        },
        {
          name: 'refusals',
          query: 'odoo_requests_total{version=~"$candidate|$stable"}',
          unit: 'requests',
          bad: 'were refused to the user',
          tenant: 'database',
          warmUp: ['database'],
          share: { label: 'outcome', bad: 'user_error|access_error|missing|bad_request' },
          tolerated: 1.5,
        },
        {
          name: 'latency',
          query: 'odoo_request_duration_seconds_bucket{version=~"$candidate|$stable"}',
          unit: 'requests',
          bad: 'were slower than',
          tenant: 'database',
          warmUp: ['database'],
          slowerThan: [0.5, 2.5],
        },
      ],
    },
  },
};
