import type { Recipe } from '../recipe.ts';
import { versions } from '../versions.ts';

/** What runs and checks workflows. */
export const workflowRecipes = [
  {
    name: 'act',
    about: 'runs GitHub workflows on this machine',
    kind: 'go',
    way: 'install',
    module: 'github.com/nektos/act',
    package: 'github.com/nektos/act',
    version: versions.act,
    program: 'act',
    versionArgs: ['--version'],
    seconds: 20,
  },
  {
    name: 'actionlint',
    about: 'checks workflow files',
    kind: 'go',
    way: 'install',
    module: 'github.com/rhysd/actionlint',
    package: 'github.com/rhysd/actionlint/cmd/actionlint',
    version: versions.actionlint,
    program: 'actionlint',
    versionArgs: ['--version'],
    seconds: 3,
  },
  {
    name: 'zizmor',
    about: 'checks workflow files for security',
    kind: 'pypi',
    package: 'zizmor',
    version: versions.zizmor,
    program: 'zizmor',
    versionArgs: ['--version'],
  },
  {
    name: 'node24',
    about: 'the runtime the actions ship for',
    kind: 'npm',
    package: 'node-{platform}-{arch}',
    path: 'bin/node',
    version: versions.node24,
    accepts: '24.x',
    program: 'node',
    versionArgs: ['--version'],
  },
] as const satisfies readonly Recipe[];
