import { defineGate, plain, table } from '@tillgate/action-kit';
import { observeProduction, productionRules, runningDigests } from '@tillgate/production';
import { instantOf } from '@tillgate/release';
import { inputs } from './inputs.ts';

/** What was seen of production may be relied on for so long, in milliseconds. */
const VALID_MS = 60 * 60_000;

export const gate = defineGate({
  gate: 'observe-production',
  title: 'Observe production',
  description:
    'Tells what production runs now: image digests, the identity of the environment, the head of its chain of records.',
  inputs,
  outputs: {
    running: 'Digests that ready pods run, separated by blanks: the baseline of the scan.',
  },
  rules: productionRules,

  async observe({ inputs: { kubeconfig, namespace, workload }, subject, policy, basis, clock, secrets }) {
    // Loaded late: the client of Kubernetes is needed only once all inputs are good.
    const { openCluster } = await import('@tillgate/kubernetes');
    const cluster = openCluster(kubeconfig);
    for (const credential of cluster.credentials) secrets.add(credential);
    const seen = await observeProduction(cluster, {
      environment: subject.environment,
      namespace,
      workload,
      container: policy.environment.delivery?.container,
      policy: basis.policy,
    });
    return {
      seen,
      coverage: { expected: 1, missing: [] },
      evidence: [{ name: 'cluster', note: `kube-system ${seen.identity.clusterUid}` }],
      validUntil: instantOf(clock.now() + VALID_MS),
    };
  },

  facts(seen) {
    const head = seen.object?.head;
    const { container, image, podTemplate } = seen.workload ?? {};
    return {
      identity: seen.identity,
      running: runningDigests(seen),
      keys: seen.object?.keys ?? '',
      ...(head && { head }),
      ...(container && image && podTemplate && { workload: { container, image, podTemplate } }),
    };
  },

  present(_verdict, seen) {
    const running = runningDigests(seen);
    const head = seen.object?.head;
    return {
      outputs: { running: running.join(' ') },
      summary: table(
        ['what', 'value'],
        [
          [
            'workload',
            plain(`${seen.identity.namespace}/${seen.identity.workload} in cluster ${seen.identity.clusterUid}`),
          ],
          ['runs now', running.map((digest) => `\`${digest}\``).join('<br>') || 'nothing'],
          ['newest record', head ? `no. ${head.sequence}, \`${head.digest}\`` : 'none yet'],
        ],
      ),
    };
  },
});
