import { tmpdir } from 'node:os';
import { namespaceWay } from '../bed/bed.ts';
import { cacheFolder } from './cache.ts';
import { wayOf, whyNot } from './component.ts';
import { find, wanted } from './find.ts';
import { recipes } from './recipes/index.ts';
import { textOf } from './text-of.ts';

/** What `doctor` tells of one component. */
interface Diagnosis {
  name: string;
  state: 'present' | 'missing' | 'on demand' | 'wrong';
  /** Where it is and which version, or what gets it. */
  about: string;
}

/** Looks for every component, and for what the bed needs of the machine; builds nothing. */
export async function doctor(): Promise<Diagnosis[]> {
  return [networkNamespace(), await goToolchain(), ...(await components())];
}

function networkNamespace(): Diagnosis {
  const way = namespaceWay();
  const name = 'namespaces';
  if ('because' in way) return { name, state: 'missing', about: `no bed can be made: ${way.because}` };
  return { name, state: 'present', about: `unshare ${way.args.join(' ')}` };
}

async function goToolchain(): Promise<Diagnosis> {
  try {
    const version = (await textOf('go', ['env', 'GOVERSION'], { cwd: tmpdir() })).trim();
    return { name: 'go', state: 'present', about: `${version}, with which components are built` };
  } catch {
    return {
      name: 'go',
      state: 'missing',
      about: 'components that are missing cannot be built: put Go 1.26 or newer on PATH',
    };
  }
}

function components(): Promise<Diagnosis[]> {
  return Promise.all(
    recipes.map(async (recipe): Promise<Diagnosis> => {
      try {
        const found = await find(recipe);
        if (found)
          return { name: recipe.name, state: 'present', about: `${found.version} at ${found.path} (${found.from})` };
      } catch (cause) {
        return { name: recipe.name, state: 'wrong', about: (cause as Error).message };
      }
      const impossible = whyNot(recipe);
      const get = impossible ?? `\`npm run testbed -- get ${recipe.name}\` (${wayOf(recipe)})`;
      const purpose = recipe.onlyOnDemand ? `only for ${recipe.onlyOnDemand}` : recipe.about;
      return {
        name: recipe.name,
        state: recipe.onlyOnDemand ? 'on demand' : 'missing',
        about: `wanted ${wanted(recipe)}, ${purpose}: ${get}`,
      };
    }),
  );
}

/** The diagnosis as text for people. */
export function describe(diagnoses: readonly Diagnosis[]): string {
  const width = Math.max(...diagnoses.map((each) => each.name.length));
  const lines = diagnoses.map((each) => `${each.name.padEnd(width)}  ${each.state.padEnd(9)}  ${each.about}`);
  return [`cache: ${cacheFolder()}`, ...lines].join('\n');
}
