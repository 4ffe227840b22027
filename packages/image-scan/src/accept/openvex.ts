import {
  type Acceptance,
  digestOf,
  type Instant,
  instantOf,
  instantSchema,
  millisOf,
  type Sha256,
} from '@tillgate/release';
import * as z from 'zod';
import { isFromTheFuture } from '../evidence/from-the-future.ts';
import { packageOf, versionOf } from '../report/package-url.ts';
import type { Vulnerability } from '../report/report.ts';

/** Raised when a file is no OpenVEX document that can be understood. */
export class VexError extends Error {
  override readonly name = 'VexError';
}

/** What is told in a finding must fit into one. */
const name = z.string().max(2_000);
const identified = z.looseObject({
  '@id': z.string().optional(),
  identifiers: z.record(z.string(), z.string()).optional(),
  hashes: z.record(z.string(), z.string()).optional(),
});
const statement = z.looseObject({
  vulnerability: z.looseObject({ name: name.min(1), aliases: z.array(name).default([]) }),
  products: z.array(identified.extend({ subcomponents: z.array(identified).optional() })).default([]),
  status: z.enum(['not_affected', 'affected', 'fixed', 'under_investigation']),
  justification: z.string().optional(),
  impact_statement: z.string().optional(),
  timestamp: instantSchema.optional(),
  last_updated: instantSchema.optional(),
});
const documentSchema = z.looseObject({
  '@context': z.string().regex(/^https:\/\/openvex\.dev\/ns(\/v0\.\d+\.\d+)?$/, 'is not that of OpenVEX'),
  '@id': name.min(1),
  timestamp: instantSchema,
  statements: z.array(statement).min(1).max(100_000),
});

/** A statement that takes a vulnerability out of the judgement, for a time. */
export interface VexStatement {
  document: string;
  digest: Sha256;
  names: readonly string[];
  products: z.output<typeof statement>['products'];
  expires: Instant;
}

/**
 * Reads the statements of an OpenVEX document (v0.2) that say that something is not affected or fixed. A
 * `not_affected` without justification or impact statement is refused, as the specification demands one.
 * Where several statements of a document are about the same product, the later one counts for it.
 *
 * @param now milliseconds since the epoch
 * @param validForMs milliseconds after its date at which a statement no longer counts
 * @throws VexError
 */
export function readOpenVex(
  bytes: Uint8Array,
  { now, validForMs }: { now: number; validForMs: number },
): VexStatement[] {
  const { statements, timestamp, '@id': id } = documentIn(bytes);
  const digest = digestOf(bytes);
  const dated = statements
    .map((one) => ({ ...one, at: millisOf(one.last_updated ?? one.timestamp ?? timestamp) }))
    .sort((a, b) => a.at - b.at);
  return lastWords(dated).flatMap((one) => {
    if (one.status !== 'not_affected' && one.status !== 'fixed') return [];
    const about = one.vulnerability.name;
    if (one.status === 'not_affected' && !one.justification && !one.impact_statement) {
      throw new VexError(`its statement about ${about} says not_affected and not why`);
    }
    if (isFromTheFuture(one.at, now)) {
      throw new VexError(`its statement about ${about} claims to be of a time that has not come yet`);
    }
    return {
      document: id,
      digest,
      names: [about, ...one.vulnerability.aliases],
      products: one.products,
      expires: instantOf(one.at + validForMs),
    };
  });
}

function documentIn(bytes: Uint8Array): z.output<typeof documentSchema> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new VexError('it is no JSON', { cause });
  }
  const read = documentSchema.safeParse(json);
  if (read.success) return read.data;
  const [first] = read.error.issues;
  throw new VexError(`it is no OpenVEX document: ${first?.path.join('.')}: ${first?.message}`);
}

/** Statements with the products about which none that comes later speaks; one that is left with none is dropped. */
function lastWords<S extends z.output<typeof statement>>(inOrder: readonly S[]): S[] {
  const keyOf = ({ vulnerability }: S, product: object) => JSON.stringify([vulnerability.name, product]);
  const last = new Map(inOrder.flatMap((one) => one.products.map((product) => [keyOf(one, product), one])));
  return inOrder.flatMap((one) => {
    const products = one.products.filter((product) => last.get(keyOf(one, product)) === one);
    return products.length > 0 || one.products.length === 0 ? [{ ...one, products }] : [];
  });
}

/** Whether a statement is about this vulnerability in this image. A statement without products is about nothing. */
export function speaksOf(statement: VexStatement, found: Vulnerability, images: readonly Sha256[]): boolean {
  if (!statement.names.includes(found.id)) return false;
  return statement.products.some((product) => {
    if (isPackage(product, found)) return true;
    if (!isImage(product, images)) return false;
    return product.subcomponents === undefined || product.subcomponents.some((part) => isPackage(part, found));
  });
}

/** What a statement grants. */
export function acceptanceByVex({ document, digest, expires }: VexStatement): Acceptance {
  return { by: 'vex', id: document, digest, expires };
}

type Identified = z.output<typeof identified>;

function purlsOf({ '@id': id, identifiers }: Identified): string[] {
  return [id, identifiers?.purl].filter((text): text is string => text?.startsWith('pkg:') === true);
}

function isPackage(product: Identified, found: Vulnerability): boolean {
  return purlsOf(product).some((purl) => {
    const version = versionOf(purl);
    return (
      found.purl !== '' && packageOf(purl) === found.purl && (version === undefined || version === found.installed)
    );
  });
}

/** An image is known by its digest only: names and tags can mean another one tomorrow. */
function isImage(product: Identified, images: readonly Sha256[]): boolean {
  const digests = [
    ...purlsOf(product).map((purl) => (purl.startsWith('pkg:oci/') ? versionOf(purl) : undefined)),
    product.hashes?.['sha-256'] && `sha256:${product.hashes['sha-256']}`,
  ];
  return digests.some((digest) => digest !== undefined && images.includes(digest as Sha256));
}
