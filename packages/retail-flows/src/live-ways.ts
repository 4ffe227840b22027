type Domain = readonly unknown[];
/** Reads fields of all records that fit. */
export type Read = <T>(model: string, domain: Domain, fields: string[]) => Promise<T[]>;

/** Modules that report to authorities or partners by themselves; those that only write files (UBL) do not. */
const REPORTING =
  /^(?!.*ubl)(?!account_edi(_facturx)?$).*(^|_)(edi|edispatch|einvoice|peppol|nemhandel|nilvera|ewaybill|fiskaly|pos(_res)?_cert|blackbox|tss|sii|fatturapa|myinvois|zatca)(_|$)/;
const NEVER_LIVE_PROVIDERS = ['none', 'custom', 'demo', 'manual', 'transfer', 'test'];

/**
 * Where a company says that a reporting module is in test mode: the fields that Odoo itself sets when it
 * neutralises a copy (data/neutralize.sql of each module, Odoo 19).
 */
const TEST_MODES: readonly { modules: RegExp; field: string; isTest: unknown }[] = [
  { modules: /^l10n_eg_edi_eta$/, field: 'l10n_eg_production_env', isTest: false },
  { modules: /^l10n_es_edi_sii$/, field: 'l10n_es_sii_test_env', isTest: true },
  { modules: /^l10n_es_edi_tbai(_pos)?$/, field: 'l10n_es_tbai_test_env', isTest: true },
  { modules: /^l10n_es_edi_verifactu(_pos)?$/, field: 'l10n_es_edi_verifactu_test_environment', isTest: true },
  { modules: /^l10n_gr_edi$/, field: 'l10n_gr_edi_test_env', isTest: true },
  { modules: /^l10n_hr_edi$/, field: 'l10n_hr_mer_connection_mode', isTest: 'test' },
  { modules: /^l10n_hu_edi$/, field: 'l10n_hu_edi_server_mode', isTest: 'test' },
  { modules: /^l10n_in_(edi|ewaybill(_irn|_stock)?)$/, field: 'l10n_in_edi_production_env', isTest: false },
  { modules: /^l10n_my_edi(_pos)?$/, field: 'l10n_my_edi_mode', isTest: 'test' },
  { modules: /^l10n_ro_edi(_stock(_batch)?)?$/, field: 'l10n_ro_edi_test_env', isTest: true },
  { modules: /^l10n_rs_edi$/, field: 'l10n_rs_edi_demo_env', isTest: true },
  { modules: /^l10n_sa_edi(_pos)?$/, field: 'l10n_sa_api_mode', isTest: 'sandbox' },
  { modules: /^l10n_tr_nilvera(_e[a-z_]+)?$/, field: 'l10n_tr_nilvera_use_test_env', isTest: true },
  { modules: /^l10n_tw_edi_ecpay(_website_sale)?$/, field: 'l10n_tw_edi_ecpay_staging_mode', isTest: true },
];

/** Modules that send through an account at Odoo's own proxy, which says whether it is real. */
const BY_PROXY = /^(account_edi_proxy_client|account_peppol(_.*)?|l10n_dk_nemhandel|l10n_it_edi(_.*)?)$/;

/**
 * Ways by which flows could send something out of the house, one line each. An installed module that reports
 * counts as live, unless the company says in the field known for it that it is in test mode.
 */
export async function liveWays(read: Read, modules: ReadonlySet<string>, company: number): Promise<string[]> {
  const live = [
    ...(await mailServers(read)),
    ...(modules.has('payment') ? await paymentProviders(read) : []),
    ...(modules.has('delivery') ? await carriers(read) : []),
    ...(await reporting(read, modules, company)),
  ];
  return live.sort();
}

async function mailServers(read: Read): Promise<string[]> {
  const servers = await read<{ name: string; smtp_host: string }>('ir.mail_server', [], ['name', 'smtp_host']);
  // A neutralised database has a mail server of this name, which is no server.
  return servers.filter(({ smtp_host: host }) => host !== 'invalid').map(({ name }) => `mail server ${name} is active`);
}

async function paymentProviders(read: Read): Promise<string[]> {
  // Up to Odoo 15 they are called acquirers.
  const isOld = (await read('ir.model', [['model', '=', 'payment.acquirer']], ['model'])).length > 0;
  const [model, code] = isOld ? ['payment.acquirer', 'provider'] : ['payment.provider', 'code'];
  const domain = [
    ['state', '=', 'enabled'],
    [code, 'not in', NEVER_LIVE_PROVIDERS],
  ];
  const providers = await read<{ name: string }>(model, domain, ['name']);
  return providers.map(({ name }) => `payment provider ${name} is enabled`);
}

async function carriers(read: Read): Promise<string[]> {
  const domain = [
    ['delivery_type', 'not in', ['fixed', 'base_on_rule']],
    ['prod_environment', '=', true],
  ];
  const found = await read<{ name: string }>('delivery.carrier', domain, ['name']);
  return found.map(({ name }) => `carrier ${name} is in production mode`);
}

async function reporting(read: Read, modules: ReadonlySet<string>, company: number): Promise<string[]> {
  const installed = [...modules].filter((name) => REPORTING.test(name));
  const live: string[] = [];
  for (const module of installed.filter((name) => !BY_PROXY.test(name))) {
    const mode = TEST_MODES.find(({ modules: those }) => those.test(module));
    const rows = mode ? await read<Record<string, unknown>>('res.company', [['id', '=', company]], [mode.field]) : [];
    if (!mode) live.push(`module ${module} is installed, and its test mode is not known here`);
    else if (rows[0]?.[mode.field] !== mode.isTest) live.push(`module ${module} is not in test mode (${mode.field})`);
  }
  if (installed.some((name) => BY_PROXY.test(name))) {
    const real = [['edi_mode', 'not in', ['demo', 'test']]];
    const users = await read<{ proxy_type: string }>('account_edi_proxy_client.user', real, ['proxy_type']);
    for (const { proxy_type: kind } of users) live.push(`the account of ${kind} at the proxy is in production mode`);
  }
  return live;
}
