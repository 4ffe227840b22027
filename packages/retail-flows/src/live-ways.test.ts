import { describe, expect, it } from '@jest/globals';
import { liveWays, type Read } from './live-ways.ts';

type Rows = Record<string, Record<string, unknown>[]>;

/** A database with these rows; a domain is looked at as far as one leaf a field tells. */
const database = (rows: Rows): Read =>
  (async (model: string, domain: readonly [string, string, unknown][]) =>
    (rows[model] ?? []).filter((row) =>
      domain.every(([field, operator, value]) =>
        operator === 'not in' ? !(value as unknown[]).includes(row[field]) : row[field] === value,
      ),
    )) as Read;
const ways = (modules: string[], rows: Rows = {}) => liveWays(database(rows), new Set(modules), 1);

const carrier = { name: 'Parcels', delivery_type: 'dhl', prod_environment: true };
const provider = { name: 'Cards', code: 'stripe', state: 'enabled' };

describe('what would send something out of the house', () => {
  it.each<[string, string[], Rows, string[]]>([
    [
      'nothing',
      [
        'sale',
        'stock',
        'payment',
        'delivery',
        'account_edi',
        'account_edi_facturx',
        'sale_edi_ubl',
        'account_edi_ubl_cii',
      ],
      {},
      [],
    ],
    ['mail', [], { 'ir.mail_server': [{ name: 'Relay', smtp_host: 'mail.example' }] }, ['mail server Relay is active']],
    ['the mail server of a neutralised copy', [], { 'ir.mail_server': [{ name: 'none', smtp_host: 'invalid' }] }, []],
    ['payment', ['payment'], { 'payment.provider': [provider] }, ['payment provider Cards is enabled']],
    [
      'payment before Odoo 16',
      ['payment'],
      {
        'ir.model': [{ model: 'payment.acquirer' }],
        'payment.acquirer': [{ name: 'Cards', provider: 'stripe', state: 'enabled' }],
      },
      ['payment provider Cards is enabled'],
    ],
    ['payment in test mode', ['payment'], { 'payment.provider': [{ ...provider, state: 'test' }] }, []],
    ['a demo provider', ['payment'], { 'payment.provider': [{ ...provider, code: 'demo' }] }, []],
    ['a carrier', ['delivery'], { 'delivery.carrier': [carrier] }, ['carrier Parcels is in production mode']],
    ['a carrier in test mode', ['delivery'], { 'delivery.carrier': [{ ...carrier, prod_environment: false }] }, []],
    ['a price by rule', ['delivery'], { 'delivery.carrier': [{ ...carrier, delivery_type: 'base_on_rule' }] }, []],
    [
      'EDI of a tax office',
      ['l10n_es_edi_sii'],
      { 'res.company': [{ id: 1, l10n_es_sii_test_env: false }] },
      ['module l10n_es_edi_sii is not in test mode (l10n_es_sii_test_env)'],
    ],
    [
      'EDI of a tax office in test mode',
      ['l10n_es_edi_sii'],
      { 'res.company': [{ id: 1, l10n_es_sii_test_env: true }] },
      [],
    ],
    [
      'EDI whose mode another company has',
      ['l10n_sa_edi'],
      {
        'res.company': [
          { id: 1, l10n_sa_api_mode: 'prod' },
          { id: 2, l10n_sa_api_mode: 'sandbox' },
        ],
      },
      ['module l10n_sa_edi is not in test mode (l10n_sa_api_mode)'],
    ],
    [
      'fiscal tills',
      ['l10n_fr_pos_cert', 'pos_blackbox_be', 'l10n_de_pos_res_cert', 'l10n_at_fiskaly'],
      {},
      ['l10n_at_fiskaly', 'l10n_de_pos_res_cert', 'l10n_fr_pos_cert', 'pos_blackbox_be'].map(
        (name) => `module ${name} is installed, and its test mode is not known here`,
      ),
    ],
    [
      'Peppol',
      ['account_edi_proxy_client', 'account_peppol'],
      { 'account_edi_proxy_client.user': [{ proxy_type: 'peppol', edi_mode: 'prod' }] },
      ['the account of peppol at the proxy is in production mode'],
    ],
    [
      'Peppol in demo mode',
      ['account_edi_proxy_client', 'account_peppol', 'l10n_it_edi'],
      { 'account_edi_proxy_client.user': [{ proxy_type: 'peppol', edi_mode: 'demo' }] },
      [],
    ],
  ])('%s', async (_, modules, rows, live) => {
    expect(await ways(modules, rows)).toEqual(live);
  });
});
