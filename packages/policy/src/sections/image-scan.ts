import { instantSchema, type ReleaseClass, sha256Schema } from '@tillgate/release';
import * as z from 'zod';
import { durationSchema } from '../words-schema.ts';

/** Severities as scanners name them, the worst first. */
export const SCAN_SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'] as const;
export type ScanSeverity = (typeof SCAN_SEVERITIES)[number];

const pem = z
  .string()
  .max(4_096)
  .regex(/^\s*-----BEGIN PUBLIC KEY-----\s[\s\S]*-----END PUBLIC KEY-----\s*$/, 'must be a public key in PEM (SPKI)');
const keys = z.array(pem).max(20).default([]);
const digests = z.array(sha256Schema).max(1_000).default([]);
const who = z.string().min(1).max(100);

/** Why a file from outside may be believed: its digest is named here, or one of these keys has signed it. */
const authority = {
  digests: digests.describe('Digests of files that may be used.'),
  signers: keys.describe('Public keys; a file with a bundle signed by one of them may be used.'),
};
const unsigned = z
  .boolean()
  .default(false)
  .describe('Whether a file may be used that nobody vouches for. Then whoever can write the workflow can choose it.');

const waiver = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be letters, digits, dots, hyphens and underscores'),
    vulnerability: z
      .string()
      .regex(/^[A-Z][A-Z0-9]{1,15}-[A-Za-z0-9-]{2,60}$/, 'must be the id of one vulnerability, like CVE-2023-4863'),
    package: z
      .string()
      .max(500)
      .regex(/^pkg:[a-z][a-z0-9.+-]*\/[^\s*?#]+$/, 'must be a package URL without qualifiers, like pkg:pypi/pillow'),
    image: sha256Schema.optional().describe('Only in this image.'),
    environment: z.string().min(1).max(255).optional().describe('Only on the way to this environment.'),
    onlyFor: z
      .enum(['emergency'])
      .optional()
      .describe('Accepted for an emergency only: what it lets through never counts as already in production.'),
    reason: z.string().min(10).max(1_000),
    owner: who.describe('Who answers for it.'),
    approvedBy: who.describe('Who has agreed; another person than the owner.'),
    expires: instantSchema,
  })
  .superRefine((value, context) => {
    const issue = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (value.approvedBy.trim().toLowerCase() === value.owner.trim().toLowerCase())
      issue('approvedBy', 'is the owner: nobody approves his own waiver');
    if (value.image === undefined && value.environment === undefined)
      issue('image', 'is missing: a waiver is for one image or one environment, not for everything');
  });

/** What a class asks where the policy does not say it. */
interface ClassDefaults {
  blocksOn: 'new' | 'new-and-exploited' | 'all';
  severities: ScanSeverity[];
  scanners: ('vulnerabilities' | 'secrets' | 'configuration')[];
  waiversAtMost: string;
}

const STANDARD: ClassDefaults = {
  blocksOn: 'new',
  severities: ['CRITICAL', 'HIGH'],
  scanners: ['vulnerabilities'],
  waiversAtMost: '90d',
};
const HIGH_RISK: ClassDefaults = {
  ...STANDARD,
  blocksOn: 'new-and-exploited',
  scanners: ['vulnerabilities', 'secrets'],
  waiversAtMost: '30d',
};

const demandsWith = (defaults: ClassDefaults) =>
  z.strictObject({
    blocksOn: z
      .enum(['new', 'new-and-exploited', 'all'])
      .default(defaults.blocksOn)
      .describe(
        'What stops a release: findings that production does not have; these and any that is known to be exploited; or all.',
      ),
    severities: z.array(z.enum(SCAN_SEVERITIES)).min(1).default(defaults.severities).describe('Severities that block.'),
    warnSeverities: z
      .array(z.enum(SCAN_SEVERITIES))
      .default(['MEDIUM', 'UNKNOWN'])
      .describe('Severities of new findings that only warn.'),
    onlyFixed: z.boolean().default(false).describe('Whether only vulnerabilities block for which there is a fix.'),
    scanners: z
      .array(z.enum(['vulnerabilities', 'secrets', 'configuration']))
      .min(1)
      .default(defaults.scanners)
      .describe('What is looked for: vulnerabilities, secrets in files, the configuration of the image.'),
    fixOverdueAfter: durationSchema
      .optional()
      .describe('A vulnerability with a fix, published longer ago than this, blocks even if production has it too.'),
    waiversAtMost: durationSchema.default(defaults.waiversAtMost).describe('How far ahead a waiver may end.'),
    endOfLife: z.enum(['ignore', 'warn', 'fail']).default('warn').describe('For an operating system without support.'),
    signature: z
      .enum(['ignore', 'required'])
      .default('ignore')
      .describe('Whether the image must be signed with one of `signature.keys`.'),
    provenance: z
      .enum(['ignore', 'required'])
      .default('ignore')
      .describe('Whether signed provenance must name the repository and the commit of the release.'),
  });

/** What the policy says of image scans: what decides, and whom it believes. */
export const imageScanSection = z
  .strictObject({
    trivy: z
      .strictObject({
        accepted: z
          .array(z.strictObject({ version: z.string().regex(/^\d+\.\d+\.\d+$/), sha256: sha256Schema }))
          .max(50)
          .default([])
          .describe('Trivy binaries that may be used, by digest.'),
        timeout: durationSchema.default('10m').describe('How long one scan may take.'),
      })
      .prefault({}),
    database: z
      .strictObject({
        ...authority,
        unsigned,
        repositories: z
          .array(z.string().min(1).max(300))
          .max(20)
          .default([])
          .describe('Registries from which the gate itself may fetch the database.'),
        maxAge: durationSchema.default('48h').describe('How old the database may be.'),
      })
      .prefault({})
      .describe('The vulnerability database: trivy.db and its metadata.json, both vouched for.'),
    reports: z
      .strictObject({ signers: keys, maxAge: durationSchema.default('24h') })
      .prefault({})
      .describe('Who may sign reports that were made elsewhere. Nobody: then the gate scans by itself.'),
    kev: z
      .strictObject({ ...authority, unsigned, maxAge: durationSchema.default('7d') })
      .prefault({})
      .describe('The catalogue of known exploited vulnerabilities, as a file.'),
    vex: z
      .strictObject({
        ...authority,
        validFor: durationSchema.default('90d').describe('How long a statement counts after its date.'),
      })
      .prefault({})
      .describe('OpenVEX documents that are believed. Those inside an image never are.'),
    signature: z.strictObject({ keys }).prefault({}).describe('Keys that sign images.'),
    provenance: z
      .strictObject({
        keys,
        repositories: z
          .array(
            z.string().regex(/^https:\/\/[^\s?#]+$/, 'must be an https address, like https://github.com/acme/shop'),
          )
          .max(20)
          .default([])
          .describe('Repositories whose builds may be released.'),
      })
      .prefault({})
      .describe('Who signs provenance, and of which repositories.'),
    waivers: z
      .array(waiver)
      .max(10_000)
      .default([])
      .superRefine((list, context) => {
        const seen = new Set<string>();
        for (const [index, { id }] of list.entries()) {
          if (seen.has(id)) context.addIssue({ code: 'custom', path: [index, 'id'], message: `"${id}" is used twice` });
          seen.add(id);
        }
      }),
    classes: z
      .strictObject({
        routine: demandsWith(STANDARD).prefault({}),
        standard: demandsWith(STANDARD).prefault({}),
        'high-risk': demandsWith(HIGH_RISK).prefault({}),
        emergency: demandsWith({ ...STANDARD, severities: ['CRITICAL'] }).prefault({}),
      } satisfies Record<ReleaseClass, unknown>)
      .prefault({}),
  })
  .prefault({});

export type ImageScanPolicy = z.output<typeof imageScanSection>;
export type ScanDemands = ImageScanPolicy['classes'][ReleaseClass];
export type Waiver = z.output<typeof waiver>;
