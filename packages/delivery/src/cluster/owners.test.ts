import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '@tillgate/kubernetes';
import { imagePath, ownersOf } from './owners.ts';

const PATH = imagePath('odoo');
const owned = (fieldsV1: object, manager = 'helm') =>
  ({ metadata: { managedFields: [{ manager, time: '2026-11-23T09:00:00Z', fieldsV1 }] } }) as KubeObject;
const down = (parts: readonly string[], last: object = {}) =>
  parts.reduceRight<object>((inner, part) => ({ [part]: inner }), last);

describe('who else owns a field', () => {
  it.each([
    ['the field itself', down(PATH)],
    ['a part below it', down(PATH, { 'f:x': {} })],
    ['the whole above it', down(PATH.slice(0, 1))],
    ['the whole template', down(PATH.slice(0, 2))],
    ['all containers as one', down(PATH.slice(0, 4))],
  ])('is found where it owns %s', (_, fields) => {
    expect(ownersOf(owned(fields), PATH)).toEqual([{ manager: 'helm', since: '2026-11-23T09:00:00Z' }]);
  });

  it.each([
    ['another field', down([...PATH.slice(0, 5), 'f:args'])],
    ['another container', down([...PATH.slice(0, 4), 'k:{"name":"proxy"}', 'f:image'])],
    ['the container, as an item of its list', down(PATH.slice(0, 5), { '.': {}, 'f:name': {} })],
    ['the template, as something that is there', down(PATH.slice(0, 2), { '.': {}, 'f:metadata': {} })],
    ['nothing', {}],
  ])('is nobody where it owns %s', (_, fields) => {
    expect(ownersOf(owned(fields), PATH)).toEqual([]);
  });

  it('is not us', () => expect(ownersOf(owned(down(PATH), 'tillgate'), PATH)).toEqual([]));
});
