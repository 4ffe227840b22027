import type { Recipe } from '../recipe.ts';
import { clusterRecipes } from './cluster.ts';
import { comparisonRecipes } from './comparison.ts';
import { dataRecipes } from './data.ts';
import { imageRecipes } from './images.ts';
import { podRecipes } from './pods.ts';
import { trafficRecipes } from './traffic.ts';
import { workflowRecipes } from './workflows.ts';

const all = [
  ...workflowRecipes,
  ...imageRecipes,
  ...clusterRecipes,
  ...podRecipes,
  ...trafficRecipes,
  ...dataRecipes,
  ...comparisonRecipes,
] as const;

/** Names that `component()` knows. */
export type ComponentName = (typeof all)[number]['name'];

/** Every recipe, in the order `doctor` lists them. */
export const recipes: readonly (Recipe & { name: ComponentName })[] = all;

/** @throws RangeError naming the known components */
export function recipeOf(name: string): Recipe & { name: ComponentName } {
  const recipe = recipes.find((each) => each.name === name);
  if (!recipe) {
    throw new RangeError(`There is no component "${name}". Known are: ${recipes.map((each) => each.name).join(', ')}.`);
  }
  return recipe;
}
