import { describe, expect, it } from '@jest/globals';
import { digestOf } from '@tillgate/release';
import { loadPolicy, PolicyError } from './load.ts';
import { PRESETS } from './presets.ts';
import { POLICY_LIMIT, YamlError } from './read-yaml.ts';

const load = (text: string | Uint8Array) => loadPolicy(Buffer.from(text as string), 'policy.yml');
const HEAD = 'extends: preset:odoo-retail\n';

describe('a policy that may be used', () => {
  it('is laid over its preset, and known by the digest of its bytes', () => {
    const text = `${HEAD}environments:\n  production: { timezone: Europe/Berlin }\nclasses:\n  routine:\n    approvals: { count: 3 }\n`;
    const { policy, digest } = load(text);
    expect(digest).toBe(digestOf(text));
    expect(policy.classes.routine?.approvals.count).toBe(3);
    expect(policy.classes.routine?.gates).toEqual(['observe-production', 'freeze-window-check', 'image-scan-gate']);
    expect(policy.classes['high-risk']?.approvals.count).toBe(2);
    expect(policy.environments.production?.class).toBe('standard');
  });

  it('replaces lists instead of adding to them', () => {
    const { policy } = load(`${HEAD}classes:\n  standard: { gates: [image-scan-gate] }\n`);
    expect(policy.classes.standard?.gates).toEqual(['image-scan-gate']);
  });

  it.each(Object.keys(PRESETS))('may be the preset %s alone, which then lets nothing go anywhere', (name) => {
    expect(load(`extends: ${name}\n`).policy.environments).toEqual({});
  });

  it('may use an alias to repeat a list of people', () => {
    const { policy } = load(
      'classes:\n  routine: { approvals: { from: &p [1, 2] } }\n  standard: { approvals: { from: *p } }\n',
    );
    expect(policy.classes.standard?.approvals.from).toEqual([1, 2]);
  });
});

describe('a file that is no YAML as it is taken here', () => {
  it.each([
    ['a key twice', 'extends: a\nextends: b\n', 'line 2, column 1: this key is there twice'],
    [
      'a key twice, further in',
      `environments:\n  a: { timezone: UTC, timezone: UTC }\n`,
      'line 2, column 23: this key',
    ],
    [
      'a number and a text that JavaScript takes for one key',
      'environments:\n  1: {}\n  "1": {}\n',
      'line 3, column 3: this key',
    ],
    ['an alias as a key', 'environments:\n  &a x: {}\n  *a : {}\n', 'line 3, column 3: a key must be plain text'],
    ['a list as a key', '? [a, b]\n: 1\n', 'line 1, column 3: a key must be plain text'],
    ['__proto__', 'environments:\n  __proto__: { timezone: UTC }\n', 'line 2, column 3: __proto__ is not taken'],
    ['a tab', 'environments:\n\tproduction: {}\n', 'line 2, column 1: a tab'],
    ['a byte order mark', '\uFEFFextends: x\n', 'byte order mark (line 1, column 1)'],
    ['several documents', `${HEAD}---\n${HEAD}`, 'line 2, column 1: there is more than one document'],
    ['a tag', 'extends: !secret x\n', 'line 1, column 10: Unresolved tag: !secret'],
    [
      'a tag of YAML that makes other things than JSON',
      'extends: !!binary eA==\n',
      'line 1, column 19: tags (tag:yaml.org,2002:binary) are not taken',
    ],
    ['an unclosed brace', 'environments: {\n', 'line 2, column 1'],
    ['an unknown alias', 'extends: *nobody\n', 'line 1, column 10'],
    ['a billion laughs', laughs(), 'uses aliases'],
    ['many aliases', `environments: &e {}\nx: [${Array(60).fill('*e').join(', ')}]\n`, 'uses aliases'],
    ['brackets without end', '['.repeat(100_000), 'nested too deeply'],
    ['maps without end', '{a: '.repeat(50_000), 'nested too deeply'],
    ['10 MB', 'x'.repeat(10_000_000), '10000000 bytes; a policy has at most 262144'],
    ['UTF-16', new Uint8Array(Buffer.from('\uFEFFextends: x\n', 'utf16le')), 'is not UTF-8'],
    ['Latin-1', new Uint8Array(Buffer.from('extends: ä\n', 'latin1')), 'is not UTF-8'],
  ])('is refused: %s', (_, text, told) => {
    expect(() => load(text)).toThrow(YamlError);
    expect(() => load(text)).toThrow(told);
    expect(() => load(text)).toThrow(/^policy\.yml/);
  });

  it('is refused when it is one byte too large', () => {
    const comment = (size: number) => `${HEAD}#`.padEnd(size, 'x');
    expect(load(comment(POLICY_LIMIT)).policy.extends).toBe('preset:odoo-retail');
    expect(() => load(comment(POLICY_LIMIT + 1))).toThrow(YamlError);
  });
});

describe('a file that is no policy', () => {
  it.each([
    ['empty', '', 'policy.yml is empty'],
    ['a comment only', '# soon\n', 'policy.yml is empty'],
    ['a text', 'hello\n', 'line 1, column 1: the file'],
    ['a list', '- a\n', 'line 1, column 1: the file'],
    ['an unknown key', 'clases: {}\n', 'line 1, column 1: clases is not known; did you mean "classes"?'],
    [
      'an unknown key in a map of any names',
      'environments:\n  p: { timezon: UTC, timezone: UTC }\n',
      'line 2, column 8: environments.p.timezon is not known; did you mean "timezone"?',
    ],
    [
      'one behind a default',
      'imageScan:\n  classes:\n    routine: { blockOn: all }\n',
      'line 3, column 16: imageScan.classes.routine.blockOn is not known; did you mean "blocksOn"?',
    ],
    ['one that nothing resembles', 'xyzzy: 1\n', 'known here: extends, environments, classes'],
    ['a merge key', 'environments:\n  <<: { a: {} }\n', 'line 2, column 3'],
    ['a class that does not exist', 'classes:\n  lax: { gates: [image-scan-gate] }\n', 'line 2, column 3'],
    [
      'a gate that does not exist',
      'classes:\n  routine:\n    gates: [coin-toss]\n',
      'line 3, column 13: classes.routine.gates.0',
    ],
    ['no gates', 'classes:\n  routine: { gates: [] }\n', 'classes.routine.gates'],
    [
      'an account by name',
      'classes:\n  routine:\n    approvals: { from: [alice] }\n',
      'line 3, column 25: classes.routine.approvals.from.0',
    ],
    ['approvals by halves', 'classes:\n  routine:\n    approvals: { count: 0.5 }\n', 'line 3, column 18'],
    [
      'a zone that does not exist',
      'environments:\n  p: { timezone: Europe/Atlantis }\n',
      'line 2, column 8: environments.p.timezone: is no time zone',
    ],
    [
      'emergency as the class of an environment',
      'environments:\n  p: { timezone: UTC, class: emergency }\n',
      'line 2, column 23',
    ],
    ['a duration without unit', `classes:\n  routine: { recordValidFor: '24' }\n`, 'is no duration'],
    [
      'a preset that does not exist',
      'extends: preset:odoo\n',
      'line 1, column 1: there is no preset "preset:odoo". There are: preset:odoo-retail',
    ],
    ['a preset named like what every object has', 'extends: __proto__\n', 'there is no preset "__proto__"'],
    ['the same by another name', 'extends: constructor\n', 'there is no preset "constructor"'],
    ['nothing where a map should be', 'environments:\n', 'line 1, column 1: environments'],
  ])('is refused: %s', (_, text, told) => {
    expect(() => load(text)).toThrow(PolicyError);
    expect(() => load(text)).toThrow(told);
  });

  it('tells all faults at once, but not thousands', () => {
    expect(() => load('a: 1\nb: 2\n')).toThrow(/a is not known[\s\S]*b is not known/);
    const many = Array.from({ length: 5_000 }, (_, n) => `key${n}: 1`).join('\n');
    expect(() => load(many)).toThrow(/^(.*\n){20}There are more; these come first\.$/);
  });
});

function laughs(): string {
  return [...'abcdefgh']
    .map(
      (name, n, all) =>
        `${name}: &${name} [${Array(9)
          .fill(n === 0 ? 'ha' : `*${all[n - 1]}`)
          .join(',')}]`,
    )
    .join('\n');
}
