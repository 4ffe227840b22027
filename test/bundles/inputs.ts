import { generateKeyPairSync } from 'node:crypto';

/** What one action needs in the table, beside what all actions need. */
interface ActionInputs {
  /** The least that it takes. */
  minimal: Readonly<Record<string, string>>;
  /** Inputs with which it begins well and then cannot observe. */
  blind?: Readonly<Record<string, string>>;
}

/** Inputs that every action has in common; the policy of `GOOD_POLICY` fits them. */
export const COMMON_INPUTS: Readonly<Record<string, string>> = {
  environment: 'production',
  image: `registry.example/corner-shops/odoo@sha256:${'a'.repeat(64)}`,
  commit: 'b'.repeat(40),
};

/** A policy that every action can read. */
export const GOOD_POLICY = `extends: preset:odoo-retail
environments:
  production: { timezone: Europe/Berlin, class: standard }
`;

/** A private key as a secret would hold it. It signs nothing that anybody keeps. */
export const SIGNING_KEY = generateKeyPairSync('ed25519')
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

export const CLUSTER_TOKEN = 'cluster-token-7b1f0c2e9d';

/** A kubeconfig for a server on loopback. */
export function kubeconfig(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'shop',
    clusters: [{ name: 'shop', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'observer', user: { token: CLUSTER_TOKEN } }],
    contexts: [{ name: 'shop', context: { cluster: 'shop', user: 'observer' } }],
  });
}

/** Port 9 (discard) on loopback: nobody answers there. */
const NOBODY = 'https://127.0.0.1:9';

/** One entry an action. An action with required inputs of its own needs one here; the others need none. */
export const ACTION_INPUTS: Readonly<Record<string, ActionInputs>> = {
  'observe-production': {
    minimal: { kubeconfig: kubeconfig(NOBODY), namespace: 'shop', workload: 'odoo' },
    blind: {},
  },
  'release-decision': {
    minimal: { receipts: JSON.stringify({ checks: { result: 'success', outputs: {} } }), 'signing-key': SIGNING_KEY },
  },
  'freeze-window-check': { minimal: {}, blind: { exceptions: '.github/no-such-file.yml' } },
  'migration-readiness': { minimal: { 'old-facts': 'old.jsonl', 'new-facts': 'new.jsonl' }, blind: {} },
  'smoke-retail-flows': {
    minimal: { url: NOBODY, database: 'shop', 'api-key': 'key-of-the-smoke-user-4c1d' },
    // A shop that is away is a finding; a file that is not there is seen by nobody.
    blind: { baseline: 'no-such-baseline.json' },
  },
};
