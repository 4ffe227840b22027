import { join } from 'node:path';
import { API_ADDRESS, NODE_ADDRESS, POD_NETWORK, SERVICE_NETWORK } from '../bed/networks.ts';
import { component } from '../components/component.ts';
import type { ComponentName } from '../components/recipes/index.ts';

/** Port of the API server inside a bed; every bed has all ports for itself. */
export const API_PORT = 6443;
const ETCD = 'http://127.0.0.1:2379';

/** Controllers that make the objects of a release behave; the rest would only cost memory. */
const controllers = [
  'deployment-controller',
  'replicaset-controller',
  'statefulset-controller',
  'daemonset-controller',
  'endpointslice-controller',
  'job-controller',
  'cronjob-controller',
  'ttl-after-finished-controller',
  'namespace-controller',
  'garbage-collector-controller',
  'serviceaccount-controller',
  'disruption-controller',
  // Without it nodes keep their not-ready taint, and pods stay Pending.
  'node-lifecycle-controller',
  'taint-eviction-controller',
  'validatingadmissionpolicy-status-controller',
  'root-ca-certificate-publisher-controller',
  'clusterrole-aggregation-controller',
];

/** A program of the cluster with its arguments. */
export interface ClusterProgram {
  name: ComponentName;
  args: string[];
}

/** The two programs that are the API. `folder` holds tokens and keys, and gets the API server's certificate. */
export function apiPrograms(folder: string): ClusterProgram[] {
  return [
    {
      name: 'etcd',
      args: [
        `--data-dir=${join(folder, 'etcd')}`,
        `--listen-client-urls=${ETCD}`,
        `--advertise-client-urls=${ETCD}`,
        '--listen-peer-urls=http://127.0.0.1:2380',
        '--unsafe-no-fsync',
        '--log-level=warn',
      ],
    },
    {
      name: 'kube-apiserver',
      args: [
        `--etcd-servers=${ETCD}`,
        '--bind-address=127.0.0.1',
        `--secure-port=${API_PORT}`,
        `--cert-dir=${folder}`,
        '--authorization-mode=RBAC',
        `--token-auth-file=${join(folder, 'tokens.csv')}`,
        `--service-cluster-ip-range=${SERVICE_NETWORK}`,
        `--advertise-address=${API_ADDRESS}`,
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${join(folder, 'accounts.pub')}`,
        `--service-account-signing-key-file=${join(folder, 'accounts.key')}`,
        '--allow-privileged=true',
        '--enable-priority-and-fairness=false',
        '--kubelet-preferred-address-types=InternalIP',
        '--profiling=false',
      ],
    },
  ];
}

/** The programs that act on objects. `kubeconfigs` are paths, by user. */
export function actingPrograms(
  folder: string,
  kubeconfigs: { controllers: string; scheduler: string; kwok: string },
  stages: string,
): ClusterProgram[] {
  return [
    {
      name: 'kube-controller-manager',
      args: [
        `--kubeconfig=${kubeconfigs.controllers}`,
        `--controllers=${controllers.join(',')}`,
        `--service-account-private-key-file=${join(folder, 'accounts.key')}`,
        `--root-ca-file=${join(folder, 'apiserver.crt')}`,
        '--leader-elect=false',
        '--secure-port=0',
        '--kube-api-qps=300',
        '--kube-api-burst=600',
        '--profiling=false',
      ],
    },
    {
      name: 'kube-scheduler',
      args: [
        `--kubeconfig=${kubeconfigs.scheduler}`,
        '--leader-elect=false',
        '--secure-port=0',
        '--kube-api-qps=300',
        '--kube-api-burst=600',
        '--profiling=false',
      ],
    },
    {
      name: 'kwok',
      args: [
        `--kubeconfig=${kubeconfigs.kwok}`,
        `--config=${stages}`,
        '--manage-all-nodes=true',
        `--cidr=${POD_NETWORK.replace('.0.0/', '.0.1/')}`,
        `--node-ip=${NODE_ADDRESS}`,
        '--node-lease-duration-seconds=40',
      ],
    },
  ];
}

/** What `startCluster` needs; asked for at once, so that all are found or built before anything starts. */
export const clusterComponents = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
  'kwok',
] as const satisfies readonly ComponentName[];

/** Paths of the cluster's components. @throws MissingComponent */
export async function clusterPaths(): Promise<Record<(typeof clusterComponents)[number], string>> {
  const paths: Partial<Record<ComponentName, string>> = {};
  for (const name of clusterComponents) paths[name] = (await component(name)).path;
  return paths as Record<(typeof clusterComponents)[number], string>;
}
