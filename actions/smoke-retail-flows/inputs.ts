import { choice, flag, InputFault, integer, list, path, secret, text } from '@tillgate/action-kit';

const repeats = integer({
  description: 'How often each flow is run, 1 to 50. Times are compared from 5 on.',
  default: '1',
});

const ratio = text({
  description:
    'A step fails the gate if its median exceeds that of the baseline by more than this factor, beyond chance.',
  default: '2',
});

export const inputs = {
  url: text({
    description: 'Address at which Odoo itself answers, like `https://shop.example`. No redirect is followed.',
  }),
  database: text({ description: 'Name of the database.' }),
  'api-key': secret({ description: 'API key of the user who goes shopping.', optional: true }),
  login: text({ description: 'Login of that user; JSON-RPC needs it.', optional: true }),
  password: secret({
    description: 'Password instead of an API key, over JSON-RPC only. Users with two-factor authentication need a key.',
    optional: true,
  }),
  transport: choice(['auto', 'json-2', 'json-rpc'], {
    description: '`auto` takes JSON-2 where there is a key, and JSON-RPC otherwise.',
    default: 'auto',
  }),
  'ca-file': path({
    description: 'Certificate (PEM) of a private authority that signs for the server.',
    optional: true,
  }),
  flows: list({ description: 'Names of flows. Default: all that the installed modules allow.', default: '' }),
  repeats: {
    ...repeats,
    parse(given: string): number {
      const number = repeats.parse(given);
      if (number < 1 || number > 50) throw new InputFault(`is "${given}"; it takes 1 to 50`);
      return number;
    },
  },
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
  dry: flag({ description: 'Only tells what would be written; runs nothing and is inconclusive.', default: 'false' }),
  baseline: path({ description: 'Baseline file of an earlier run to compare times with.', optional: true }),
  'max-latency-ratio': {
    ...ratio,
    parse(given: string): number {
      const number = Number(ratio.parse(given));
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
