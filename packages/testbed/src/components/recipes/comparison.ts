import type { Recipe } from '../recipe.ts';
import { versions } from '../versions.ts';

const onlyOnDemand = 'benchmarks that compare';

/** Other tools, built only by what compares with them. */
export const comparisonRecipes = [
  {
    name: 'flagger',
    about: 'progressive delivery, to compare with',
    kind: 'go',
    way: 'require',
    replaces: 'copied',
    module: 'github.com/fluxcd/flagger',
    package: 'github.com/fluxcd/flagger/cmd/flagger',
    version: versions.flagger,
    program: 'flagger',
    versionArgs: ['-version'],
    seconds: 76,
    onlyOnDemand,
  },
  {
    name: 'argo-rollouts',
    about: 'progressive delivery, to compare with',
    kind: 'go',
    way: 'require',
    replaces: 'copied',
    module: 'github.com/argoproj/argo-rollouts',
    package: 'github.com/argoproj/argo-rollouts/cmd/rollouts-controller',
    version: versions['argo-rollouts'],
    set: [`github.com/argoproj/argo-rollouts/utils/version.version=${versions['argo-rollouts']}`],
    env: { GOTOOLCHAIN: 'go1.27.1' },
    program: 'rollouts-controller',
    versionArgs: ['--version'],
    seconds: 190,
    onlyOnDemand,
  },
  {
    name: 'argo-cd',
    about: 'GitOps; its role is the name it is called by',
    kind: 'go',
    way: 'require',
    replaces: 'copied',
    module: 'github.com/argoproj/argo-cd/v3',
    package: 'github.com/argoproj/argo-cd/v3/cmd',
    version: versions['argo-cd'],
    set: [`github.com/argoproj/argo-cd/v3/common.version=${versions['argo-cd']}`],
    program: 'argocd',
    versionArgs: ['version', '--client'],
    seconds: 200,
    onlyOnDemand: 'deliveries through GitOps',
  },
] as const satisfies readonly Recipe[];
