import type { Recipe } from '../recipe.ts';
import { versions } from '../versions.ts';

/** What pods become. */
export const podRecipes = [
  {
    name: 'shop',
    about: 'a shop server that behaves as it is told',
    kind: 'go',
    way: 'own',
    from: 'shop',
    module: 'tillgate.dev/shop',
    package: '.',
    version: versions.shop,
    program: 'shop',
    versionArgs: ['-version'],
    seconds: 8,
  },
] as const satisfies readonly Recipe[];
