import { duration, list, path } from '@tillgate/action-kit';

export const inputs = {
  'old-facts': path({
    description:
      'File with what the running version finds in each database: made by deploy/odoo-facts/odoo_facts.py in its image.',
  }),
  'new-facts': path({ description: 'The same, made in the image that is released, against the same databases.' }),
  'running-digests': list({
    description: 'Digest that production runs: the output `running` of observe-production.',
    default: '',
  }),
  'facts-max-age': duration({ description: 'How old the facts may be.', default: '24h' }),
};
