import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { Operation } from './operations.ts';

/** A JSON Schema as far as it is looked into here. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  nullable?: boolean;
  enum?: unknown[];
  format?: string;
  default?: unknown;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
}

interface Content {
  content?: Record<string, { schema: Schema }>;
  $ref?: string;
}

interface Described {
  requestBody?: Content;
  responses: Record<string, Content>;
}

interface Document {
  paths: Record<string, Record<string, Described>>;
  components: Record<string, Record<string, unknown>>;
}

const DOCUMENT = 'github.json';
/** Answers that GitHub gives anywhere, though its description lists them at some operations only. */
const ANYWHERE: Record<number, string> = {
  400: 'basic-error',
  401: 'basic-error',
  403: 'basic-error',
  404: 'basic-error',
  409: 'basic-error',
  410: 'basic-error',
  413: 'basic-error',
  422: 'basic-error',
  429: 'basic-error',
};

/** GitHub's own OpenAPI description, cut to the operations of the stand-in, as a judge of requests and answers. */
export interface Description {
  /** Why a request body does not fit, in the words of JSON Schema; undefined where it does. */
  faultOfRequest(operation: Operation, body: unknown): string | undefined;
  /** Why GitHub would never answer this; undefined where it could. */
  faultOfAnswer(operation: Operation, status: number, body: unknown): string | undefined;
  /** The least that fits a schema of the description: required members only, empty, false, zero or null. */
  blank(schema: string): Record<string, unknown>;
}

/** Reads the description and prepares it for Ajv in the way that OpenAPI 3.0 differs from JSON Schema. */
export function openDescription(): Description {
  const text = readFileSync(join(import.meta.dirname, 'fixtures', 'api.github.com.json'), 'utf8');
  const document = forAjv(JSON.parse(text)) as Document;
  // As lenient about the schemas and as strict about the answers as Prism, which judges with Ajv too.
  const ajv = new Ajv({ strict: false, allErrors: true, allowUnionTypes: true, logger: false });
  addFormats.default(ajv);
  ajv.addSchema(document, DOCUMENT);

  const compiled = new Map<string, ValidateFunction>();
  function faultOf(pointer: string, value: unknown, what: string): string | undefined {
    let validate = compiled.get(pointer);
    if (!validate) {
      validate = ajv.compile({ $ref: `${DOCUMENT}#${pointer}` });
      compiled.set(pointer, validate);
    }
    return validate(value) ? undefined : ajv.errorsText(validate.errors, { dataVar: what, separator: '; ' });
  }

  function lookUp<T>(reference: string): T {
    const [, , kind, name] = reference.split('/') as [string, string, string, string];
    const found = document.components[kind]?.[name];
    if (found === undefined) throw new Error(`The description has no ${reference}.`);
    return found as T;
  }

  function described(operation: Operation): { pointer: string; operation: Described } {
    const [method, path] = operation.split(' ') as [string, string];
    const found = document.paths[path]?.[method.toLowerCase()];
    if (!found) throw new Error(`The description has no ${operation}; see trim-description.cli.ts.`);
    return { pointer: `/paths/${escaped(path)}/${method.toLowerCase()}`, operation: found };
  }

  const JSON_TYPE = 'application/json';
  return {
    faultOfRequest(name, body) {
      const { pointer, operation } = described(name);
      if (!operation.requestBody?.content?.[JSON_TYPE]) return undefined;
      return faultOf(`${pointer}/requestBody/content/${escaped(JSON_TYPE)}/schema`, body, 'body');
    },

    faultOfAnswer(name, status, body) {
      const { pointer, operation } = described(name);
      const response = operation.responses[status];
      if (!response) {
        const error = ANYWHERE[status];
        if (error === undefined) return `status ${status} is not described for ${name}`;
        return faultOf(`/components/schemas/${error}`, body, 'answer');
      }
      const at = response.$ref?.slice(1) ?? `${pointer}/responses/${status}`;
      const { content } = response.$ref === undefined ? response : lookUp<Content>(response.$ref);
      const type = content?.[JSON_TYPE] ? JSON_TYPE : Object.keys(content ?? {})[0];
      if (type === undefined) return undefined;
      return faultOf(`${at}/content/${escaped(type)}/schema`, body, 'answer');
    },

    blank(schema) {
      return blankOf(lookUp<Schema>(`#/components/schemas/${schema}`), lookUp) as Record<string, unknown>;
    },
  };
}

/**
 * OpenAPI 3.0 says `nullable` where JSON Schema lists null among the types. And where GitHub describes an
 * address whose default is empty, an empty one must do.
 */
function forAjv(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(forAjv);
  if (typeof node !== 'object' || node === null) return node;
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, forAjv(value)]),
  ) as Schema;
  if (rest.format === 'uri' && rest.default === '') delete rest.format;
  // A property that is called "nullable" would be an object.
  if (nullable !== true) return nullable === undefined || nullable === false ? rest : { ...rest, nullable };
  if (typeof rest.type !== 'string') return { anyOf: [rest, { type: 'null' }] };
  return { ...rest, type: [rest.type, 'null'], ...(rest.enum && { enum: [...rest.enum, null] }) };
}

function blankOf(schema: Schema, lookUp: <T>(reference: string) => T): unknown {
  if (schema.$ref !== undefined) return blankOf(lookUp<Schema>(schema.$ref), lookUp);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => blankOf(part, lookUp)));
  const choices = schema.anyOf ?? schema.oneOf;
  const types = [schema.type ?? []].flat();
  if (types.includes('null') || choices?.some(({ type }) => type === 'null')) return null;
  if (choices?.[0] && !schema.properties) return blankOf(choices[0], lookUp);
  if (schema.enum) return schema.enum[0];
  switch (types[0]) {
    case 'string':
      return schema.format === 'date-time'
        ? '2026-01-01T00:00:00Z'
        : schema.format === 'uri'
          ? 'https://github.com'
          : '';
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    case 'array':
      return [];
    default:
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, blankOf(schema.properties?.[name] ?? {}, lookUp)]),
      );
  }
}

function escaped(step: string): string {
  return encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'));
}
