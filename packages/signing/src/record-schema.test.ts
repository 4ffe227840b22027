import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as z from 'zod';
import { exampleRecord, keySetFile, newKey } from './example-record.test-kit.ts';
import { keySetSchema } from './key-set-schema.ts';
import { releaseRecordSchema } from './record-schema.ts';

/** A JSON Schema, as far as these tests look into it. */
interface Node {
  description?: string;
  properties?: Record<string, Node>;
  required?: string[];
  additionalProperties?: unknown;
  items?: Node;
  anyOf?: (Node & { type?: string })[];
}

const schema = z.toJSONSchema(releaseRecordSchema) as Node;

describe('the JSON Schema of a release record', () => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);

  it('takes the example', () => {
    expect(validate(exampleRecord())).toBe(true);
  });

  it.each(Object.keys(exampleRecord()))('demands %s', (member) => {
    expect(validate({ ...exampleRecord(), [member]: undefined })).toBe(false);
  });

  it('takes no plan other than the one whose digest it names', () => {
    const record = exampleRecord();
    const swapped = { ...record, delivery: { ...record.delivery, frozen: { strategy: 'all at once' } } };
    expect(releaseRecordSchema.safeParse(record).success).toBe(true);
    expect(releaseRecordSchema.safeParse(swapped).error?.issues[0]?.message).toContain('another plan');
    const none = { ...record, delivery: { ...record.delivery, frozen: null } };
    expect(releaseRecordSchema.safeParse(none).success).toBe(false);
  });

  it('lets nothing be absent: every member of every object is required, and no other is taken', () => {
    for (const { at, node } of nodesOf(schema)) {
      if (!node.properties) continue;
      expect({ at, required: node.required?.toSorted() }).toEqual({
        at,
        required: Object.keys(node.properties).toSorted(),
      });
      expect({ at, others: node.additionalProperties }).toEqual({ at, others: false });
    }
  });

  it('says for every member that may be null what null means', () => {
    const silent = nodesOf(schema)
      .filter(({ node }) => node.anyOf?.some(({ type }) => type === 'null'))
      .filter(({ descriptions }) => !descriptions.slice(-2).some((text) => /null/.test(text)))
      .map(({ at }) => at);
    expect(silent).toEqual([]);
  });
});

describe('the JSON Schema of a key set', () => {
  it('takes the example', () => {
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(z.toJSONSchema(keySetSchema));
    expect(validate(JSON.parse(new TextDecoder().decode(keySetFile(newKey().entry))))).toBe(true);
  });
});

describe('docs/records.md', () => {
  it('names every member of a release record', async () => {
    const page = await readFile(new URL('../../../docs/records.md', import.meta.url), 'utf8');
    const missing = Object.keys(exampleRecord()).filter((member) => !page.includes(`\`${member}\``));
    expect(missing).toEqual([]);
  });
});

/** Every node with its path and the descriptions on the way to it, the nearest last. */
function nodesOf(node: Node, at = '', above: string[] = []): { at: string; node: Node; descriptions: string[] }[] {
  const descriptions = [...above, node.description ?? ''];
  const below = [
    ...Object.entries(node.properties ?? {}),
    ...(node.items ? [['[]', node.items] as const] : []),
    ...(node.anyOf ?? []).map((branch) => ['?', branch] as const),
  ];
  return [
    { at, node, descriptions },
    ...below.flatMap(([name, child]) => nodesOf(child, `${at}.${name}`, descriptions)),
  ];
}
