import { describe, doctor } from './components/doctor.ts';
import { component, recipeOf, recipes } from './components/index.ts';

const usage = `npm run testbed -- <command>

  doctor        which components are here, where, which version, and what gets the missing ones
  get <name>…   get components ("all": every one that is not on demand; "odoo": Odoo with its retail database)
`;

const [command, ...args] = process.argv.slice(2);
switch (command) {
  case 'doctor': {
    const diagnoses = await doctor();
    console.log(describe(diagnoses));
    if (diagnoses.some((each) => each.state === 'missing' || each.state === 'wrong')) process.exitCode = 1;
    break;
  }
  case 'get': {
    const names = args[0] === 'all' ? recipes.filter((each) => !each.onlyOnDemand).map((each) => each.name) : args;
    for (const name of names) {
      if (name === 'odoo') {
        const { retailTemplate } = await import('./odoo/index.ts');
        console.log(`odoo at ${(await retailTemplate(console.error)).root}`);
        continue;
      }
      const got = await component(recipeOf(name).name);
      console.log(`${got.name} ${got.version} at ${got.path}`);
    }
    break;
  }
  default:
    console.log(usage);
    process.exitCode = command === undefined ? 0 : 1;
}
