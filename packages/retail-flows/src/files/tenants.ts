import { loadStrict } from '@tillgate/policy';
import * as z from 'zod';

/** A list with more than this is more than one job can go through. */
const MOST_TENANTS = 1_000;

/** Only variables of this name are read: no other secret of the job can be sent anywhere by this file. */
const variable = z
  .string()
  .regex(/^SMOKE_[A-Z0-9_]{1,100}$/, 'must be the name of an environment variable that begins with SMOKE_');

/** How to get into a shop, and where in it to work. What is left out comes from `shared`, then from the inputs. */
const access = {
  url: z
    .url({ protocol: /^https?$/, error: 'must be an address like https://shop.example' })
    .max(500)
    .optional()
    .describe('Address at which Odoo itself answers.'),
  login: z.string().min(1).max(200).optional().describe('Login of the user; JSON-RPC needs it.'),
  apiKeyFrom: variable.optional().describe('Environment variable with the API key of the user who goes shopping.'),
  passwordFrom: variable.optional().describe('Environment variable with a password instead, over JSON-RPC only.'),
  company: z.string().min(1).max(200).optional().describe('Company to work in.'),
  warehouse: z.string().min(1).max(200).optional().describe('Warehouse to work in.'),
};

const oneSecret = (value: { apiKeyFrom?: string | undefined; passwordFrom?: string | undefined }) =>
  value.apiKeyFrom === undefined || value.passwordFrom === undefined;
const ONE_SECRET = 'has apiKeyFrom and passwordFrom; one of them says who goes shopping';

const tenant = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be letters, digits, dots, hyphens and underscores')
      .describe('How findings, coverage and baselines call the tenant.'),
    database: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Name of the database; the name of the tenant unless told.'),
    ...access,
  })
  .refine(oneSecret, ONE_SECRET);

/** The file that lists the tenants to visit. */
export const tenantsSchema = z.strictObject({
  shared: z
    .strictObject(access)
    .refine(oneSecret, ONE_SECRET)
    .prefault({})
    .describe('What all tenants have in common.'),
  tenants: z
    .array(tenant)
    .min(1)
    .max(MOST_TENANTS)
    .superRefine((all, context) => {
      const seen = new Set<string>();
      for (const [index, { name }] of all.entries()) {
        if (seen.has(name))
          context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" is there twice` });
        seen.add(name);
      }
    }),
});

type TenantsFile = z.output<typeof tenantsSchema>;
export type TenantEntry = TenantsFile['tenants'][number] & { database: string };

/**
 * Reads the list of tenants, YAML or JSON, each with what is shared filled in. A tenant that names one kind
 * of secret takes none from what is shared.
 *
 * @param name how the file is called in messages
 * @throws YamlError, PolicyError with line and column of every fault
 */
export function parseTenants(bytes: Uint8Array, name: string): TenantEntry[] {
  const { shared, tenants } = loadStrict(tenantsSchema, bytes, name);
  const { apiKeyFrom, passwordFrom, ...place } = shared;
  const secret = { apiKeyFrom, passwordFrom };
  return tenants.map((own) => ({
    ...place,
    ...(own.apiKeyFrom === undefined && own.passwordFrom === undefined ? secret : {}),
    ...own,
    database: own.database ?? own.name,
  }));
}
