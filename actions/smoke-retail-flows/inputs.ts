import { choice, flag, InputFault, type InputKind, integer, list, path, secret, text } from '@tillgate/action-kit';

/** A whole number within bounds. */
function bounded<T extends number | undefined>(kind: InputKind<T>, least: number, most: number): InputKind<T> {
  return {
    ...kind,
    parse(given) {
      const number = kind.parse(given);
      if (number !== undefined && (number < least || number > most))
        throw new InputFault(`is "${given}"; it takes ${least} to ${most}`);
      return number;
    },
  };
}

const ratio = text({
  description:
    'A step fails the gate if it takes longer than in the baseline by more than this factor, beyond chance. It can only tighten what the policy says.',
  optional: true,
});

export const inputs = {
  url: text({
    description:
      'Address at which Odoo itself answers, like `https://shop.example`. No redirect is followed. With `tenants`: for those that name none.',
    optional: true,
  }),
  database: text({ description: 'Name of the database. Without `tenants`, it must be given.', optional: true }),
  'api-key': secret({ description: 'API key of the user who goes shopping.', optional: true }),
  login: text({ description: 'Login of that user; JSON-RPC needs it.', optional: true }),
  password: secret({
    description: 'Password instead of an API key, over JSON-RPC only. Users with two-factor authentication need a key.',
    optional: true,
  }),
  tenants: text({
    description:
      'Path of a file on the default branch that lists the tenants to visit, with their addresses, databases and the names of the variables that hold their keys.',
    optional: true,
  }),
  concurrency: bounded(
    integer({ description: 'How much is done at once, over all tenants and flows together, 1 to 64.', default: '1' }),
    1,
    64,
  ),
  transport: choice(['auto', 'json-2', 'json-rpc'], {
    description: '`auto` takes JSON-2 where there is a key, and JSON-RPC otherwise.',
    default: 'auto',
  }),
  'ca-file': path({
    description: 'Certificate (PEM) of a private authority that signs for the server.',
    optional: true,
  }),
  flows: list({
    description:
      'Names of flows. Default: all that the installed modules allow. Those that the policy names are added.',
    default: '',
  }),
  'flows-file': text({
    description: 'Path of a file on the default branch with flows of your own: `.yml` or `.ts`.',
    optional: true,
  }),
  repeats: bounded(
    integer({
      description:
        'How often each flow is run, 1 to 50. Times are compared from 5 on. It can only raise what the policy says.',
      optional: true,
    }),
    1,
    50,
  ),
  company: text({
    description: 'Company to work in, where the user sees several or production is written to.',
    optional: true,
  }),
  warehouse: text({ description: 'Warehouse to work in, likewise.', optional: true }),
  'allow-writes-in-production': flag({
    description:
      'Lets flows write in a database that does not say of itself that it is a neutralised copy. Company and warehouse must be named.',
    default: 'false',
  }),
  'keep-data': flag({
    description: 'Takes nothing back of what the flows make, and lists it. Only neutralised copies take this.',
    default: 'false',
  }),
  dry: flag({ description: 'Only tells what would be written; runs nothing and is inconclusive.', default: 'false' }),
  baseline: path({ description: 'Baseline file of an earlier run to compare times with.', optional: true }),
  'max-latency-ratio': {
    ...ratio,
    parse(given: string): number | undefined {
      if (given === '') return undefined;
      const number = Number(given);
      if (!/^\d{1,3}(\.\d{1,3})?$/.test(given) || number < 1.1)
        throw new InputFault(`is "${given}"; it takes a factor of at least 1.1, like 2 or 1.5`);
      return number;
    },
  },
  'baseline-file': path({
    description: 'File to write this run as a baseline to.',
    default: 'tillgate-documents/smoke-baseline.json',
  }),
  'junit-file': path({
    description: 'File to write the results to as JUnit XML.',
    default: 'tillgate-documents/smoke-junit.xml',
  }),
};
