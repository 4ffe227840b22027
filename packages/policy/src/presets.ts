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
  },
};
