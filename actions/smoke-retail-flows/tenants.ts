import { type GateContext, InputError } from '@tillgate/action-kit';
import type { ConnectOptions } from '@tillgate/odoo';
import type { TenantEntry } from '@tillgate/retail-flows/files';
import type { Tenant } from '@tillgate/retail-flows/run';
import type { inputs } from './inputs.ts';

type Context = GateContext<typeof inputs>;
type Shared = Pick<ConnectOptions, 'transport' | 'signal' | 'ca'>;
type Secret = ConnectOptions['secret'];

/**
 * The tenants to visit: those of the file, or the one that the inputs name. The file is read from the default
 * branch, as the policy is: whoever could change it together with the release could leave a tenant out, or
 * have a key sent elsewhere.
 *
 * @throws InputError with all that is missing, PolicyError with line and column
 */
export async function tenantsFrom(context: Context, shared: Shared): Promise<Tenant[]> {
  const { inputs: given, trusted, signal } = context;
  const common = secretOf(given);
  if (given.tenants === undefined) {
    const { url, database } = given;
    if (url === undefined || database === undefined)
      throw new InputError('Give url and database, or the file tenants: they say which shop is visited.');
    if (common === undefined)
      throw new InputError('Give either api-key or password: one of them says who goes shopping.');
    return [tenantOf({ name: database, database, url }, url, common, given, shared)];
  }
  if (given.database !== undefined)
    throw new InputError('Give database or tenants, not both: each tenant names its own.');
  const { parseTenants } = await import('@tillgate/retail-flows/files');
  const entries = parseTenants((await trusted.read(given.tenants, signal)).bytes, given.tenants);
  const faults: string[] = [];
  const tenants = entries.flatMap((entry) => {
    const [url, secret] = [entry.url ?? given.url, ownSecret(entry, context) ?? common];
    if (url === undefined) faults.push(`${entry.name} has no url, and there is none in shared or in the inputs.`);
    if (typeof secret === 'string') faults.push(secret);
    if (secret === undefined) faults.push(`${entry.name} names no key, and there is none in shared or in the inputs.`);
    return url === undefined || secret === undefined || typeof secret === 'string'
      ? []
      : [tenantOf(entry, url, secret, given, shared)];
  });
  if (faults.length > 0) throw new InputError(faults.map((fault) => `${given.tenants}: ${fault}`).join('\n'));
  return tenants;
}

function tenantOf(entry: TenantEntry, url: string, secret: Secret, given: Context['inputs'], shared: Shared): Tenant {
  const login = entry.login ?? given.login;
  return {
    name: entry.name,
    company: entry.company ?? given.company,
    warehouse: entry.warehouse ?? given.warehouse,
    connection: { ...shared, url, database: entry.database, secret, ...(login !== undefined && { login }) },
  };
}

/** The secret that a tenant's variable holds; a text says what is wrong with it. */
function ownSecret({ name, apiKeyFrom, passwordFrom }: TenantEntry, { secrets }: Context): Secret | string | undefined {
  const variable = apiKeyFrom ?? passwordFrom;
  if (variable === undefined) return undefined;
  const value = process.env[variable] ?? '';
  if (value === '') return `${name} takes its key from ${variable}, which is empty. Set it under \`env\` of the step.`;
  secrets.add(value);
  return apiKeyFrom === undefined ? { password: value } : { apiKey: value };
}

function secretOf(given: Context['inputs']): Secret | undefined {
  const { 'api-key': apiKey, password } = given;
  if (apiKey !== undefined && password !== undefined)
    throw new InputError('Give either api-key or password: one of them says who goes shopping.');
  return apiKey !== undefined ? { apiKey } : password !== undefined ? { password } : undefined;
}
