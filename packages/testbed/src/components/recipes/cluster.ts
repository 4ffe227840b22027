import type { GoRecipe, Recipe } from '../recipe.ts';
import { versions } from '../versions.ts';

const [major, minor] = versions.kubernetes.split('.');
const version = 'k8s.io/component-base/version';

/** A program of Kubernetes: its module replaces its staging libraries, and its version is set when it is linked. */
function kubernetes<N extends string>(name: N, about: string, versionArgs: readonly string[], seconds: number) {
  return {
    name,
    about,
    kind: 'go',
    way: 'require',
    replaces: 'staging',
    module: 'k8s.io/kubernetes',
    package: `k8s.io/kubernetes/cmd/${name}`,
    version: versions.kubernetes,
    accepts: `~${major}.${minor}.0`,
    set: [
      `${version}.gitVersion=v${versions.kubernetes}`,
      `${version}.gitMajor=${major}`,
      `${version}.gitMinor=${minor}`,
      `${version}.gitTreeState=archive`,
    ],
    program: name,
    versionArgs,
    seconds,
  } satisfies GoRecipe;
}

/** What a cluster is made of. */
export const clusterRecipes = [
  {
    name: 'etcd',
    about: "the cluster's memory",
    kind: 'go',
    way: 'require',
    module: 'go.etcd.io/etcd/server/v3',
    package: 'go.etcd.io/etcd/server/v3',
    version: versions.etcd,
    accepts: '~3.6.0',
    program: 'etcd',
    versionArgs: ['--version'],
    seconds: 19,
  },
  kubernetes('kube-apiserver', 'the Kubernetes API', ['--version'], 150),
  kubernetes('kube-controller-manager', 'rolls out Deployments, runs Jobs', ['--version'], 75),
  kubernetes('kube-scheduler', 'places pods on nodes', ['--version'], 25),
  kubernetes('kubectl', 'the command line of Kubernetes', ['version', '--client'], 20),
  {
    name: 'kwok',
    about: 'plays the nodes and the pods that need no process',
    kind: 'go',
    way: 'install',
    module: 'sigs.k8s.io/kwok',
    package: 'sigs.k8s.io/kwok/cmd/kwok',
    version: versions.kwok,
    program: 'kwok',
    versionArgs: ['--version'],
    seconds: 55,
  },
] as const satisfies readonly Recipe[];
