import type { Suite } from '../debian/apt.ts';

/** A version of Odoo as Debian has it, and how its retail database is made. */
export interface Generation {
  version: string;
  /** What its packages are fetched from. */
  suites: readonly Omit<Suite, 'mirror'>[];
  packages: readonly string[];
  /** A shop with sales, stock, purchase, invoices, tills and promotions. */
  modules: readonly string[];
  /** What the same shop needs to sell on the web as well: apart, since a server with it starts more slowly. */
  webshop: readonly string[];
  /** Further arguments when modules are installed: no version shall bring demo data. */
  installArgs: readonly string[];
  /** A page that is there once it can be worked with. */
  health: string;
  /** Python that prints a key to its API. */
  apiKey?: string;
}

export const ODOO_19: Generation = {
  version: '19.0',
  // Odoo 19 is in Debian's unstable release only, whose Python is too new for it: everything else is of the stable one.
  suites: [{ codename: 'trixie' }, { codename: 'sid', only: ['odoo-19'] }],
  packages: ['base-files', 'python3', 'odoo-19', 'tzdata', 'tzdata-legacy'],
  modules: ['base', 'sale_management', 'stock', 'account', 'point_of_sale', 'purchase', 'sale_stock', 'loyalty'],
  webshop: ['website_sale'],
  installArgs: [],
  health: '/web/health',
  apiKey: `
user = env.ref('base.user_admin')
print('API key:', env(user=user.id)['res.users.apikeys']._generate('rpc', 'test bed', None))
env.cr.commit()
`,
};

/** The oldest one that still runs on the bed's PostgreSQL; it knows no JSON-2. */
export const ODOO_14: Generation = {
  version: '14.0',
  suites: [{ codename: 'bullseye' }],
  packages: ['base-files', 'python3', 'odoo-14', 'tzdata'],
  modules: [
    'base',
    'sale_management',
    'stock',
    'account',
    'l10n_generic_coa',
    'point_of_sale',
    'purchase_stock',
    'sale_stock',
  ],
  webshop: ['website_sale'],
  installArgs: ['--without-demo=all'],
  health: '/web/login',
};
