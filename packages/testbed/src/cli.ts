/** `npm run testbed -- <command>`. */
import { readFileSync } from 'node:fs';
import { describe, doctor } from './components/doctor.ts';
import { component, recipeOf, recipes } from './components/index.ts';
import type { DebianSystemName } from './debian/index.ts';

const usage = `npm run testbed -- <command>

  up            start a bed with everything but Odoo: cluster, shops, Traefik, Prometheus, databases, registry, GitHub
  down          end it
  status        what runs, since when, with how much memory
  logs [name]   the log of a process; without a name, the names
  doctor        which components are here, where, which version, and what gets the missing ones
  get <name>…   get components ("all": every one that is not on demand; "odoo": Odoo with its retail
                database; "debian": Debian systems to make images of)
`;

const commands: Record<string, (args: string[]) => Promise<void>> = {
  async up() {
    const { up } = await import('./up/index.ts');
    await up(console.log);
  },
  async down() {
    const { down } = await import('./up/index.ts');
    console.log((await down()) ? 'The bed is down.' : 'No bed is up.');
  },
  async status() {
    const { describeRunning, running } = await import('./up/status.ts');
    console.log(describeRunning(await running()));
  },
  async logs([name]) {
    const { logs } = await import('./up/status.ts');
    const all = await logs();
    if (name === undefined) {
      console.log([...all.keys()].join('\n'));
      return;
    }
    const fitting = [...all].filter(([key]) => key === name || key.endsWith(`/${name}`));
    if (fitting.length !== 1) {
      const why = fitting.length === 0 ? `No log is called ${name}` : `Several logs are called ${name}`;
      throw new Error(`${why}. There are: ${[...all.keys()].join(', ')}.`);
    }
    for (const [, path] of fitting) process.stdout.write(readFileSync(path));
  },
  async doctor() {
    const diagnoses = await doctor();
    console.log(describe(diagnoses));
    if (diagnoses.some((each) => each.state === 'missing' || each.state === 'wrong')) process.exitCode = 1;
  },
  async get(args) {
    const names = args[0] === 'all' ? recipes.filter((each) => !each.onlyOnDemand).map((each) => each.name) : args;
    for (const name of names) {
      if (name === 'odoo') {
        const { ODOO_14, retailTemplate } = await import('./odoo/index.ts');
        await retailTemplate(console.error, { generation: ODOO_14, webshop: true });
        console.log(`odoo at ${(await retailTemplate(console.error, { webshop: true })).root}`);
        continue;
      }
      if (name === 'debian') {
        const { debianSystem, debianSystems } = await import('./debian/index.ts');
        for (const system of Object.keys(debianSystems)) await debianSystem(system as DebianSystemName, console.error);
        console.log('debian: every system is there');
        continue;
      }
      const got = await component(recipeOf(name).name);
      console.log(`${got.name} ${got.version} at ${got.path}`);
    }
  },
};

const [name, ...args] = process.argv.slice(2);
const command = name === undefined ? undefined : commands[name];
if (!command) {
  console.log(usage);
  process.exitCode = name === undefined ? 0 : 2;
} else {
  try {
    await command(args);
  } catch (cause) {
    console.error(`testbed: ${(cause as Error).message}`);
    process.exitCode = 1;
  }
}
