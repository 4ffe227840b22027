import { afterEach, describe, expect, it } from '@jest/globals';
import { artifactFrom, gateInputs, subjectFrom } from './common-inputs.ts';
import {
  choice,
  digest,
  duration,
  flag,
  InputFault,
  type InputKinds,
  instant,
  integer,
  lines,
  list,
  path,
  secret,
  text,
} from './input-kinds.ts';
import { InputError, plainInputs, readInputs } from './read-inputs.ts';
import { variableOf } from './runner.ts';

const given: string[] = [];
afterEach(() => {
  for (const name of given.splice(0)) delete process.env[name];
});
function read<I extends InputKinds>(kinds: I, inputs: Record<string, string>) {
  for (const [name, value] of Object.entries(inputs)) {
    process.env[variableOf(name)] = value;
    given.push(variableOf(name));
  }
  return readInputs(kinds, process.env);
}

const about = { description: 'For the test.' };
const KINDS = {
  duration: duration(about),
  instant: instant(about),
  flag: flag(about),
  integer: integer(about),
  digest: digest(about),
  list: list(about),
  lines: lines(about),
  path: path(about),
  choice: choice(['red', 'green'], about),
};
const GOOD = {
  duration: '45m',
  instant: '2026-11-27T06:00:00+01:00',
  flag: 'false',
  integer: '-12',
  digest: `sha256:${'0'.repeat(64)}`,
  list: 'a, b\n c',
  lines: ' a b \n\n c',
  path: 'x/y',
  choice: 'red',
};

describe('inputs', () => {
  it('become values', () => {
    expect(read(KINDS, GOOD)).toEqual({
      duration: 2_700_000,
      instant: '2026-11-27T05:00:00.000Z',
      flag: false,
      integer: -12,
      digest: GOOD.digest,
      list: ['a', 'b', 'c'],
      lines: ['a b', 'c'],
      path: 'x/y',
      choice: 'red',
    });
  });

  it.each([
    ['duration', '15'],
    ['duration', '1 month'],
    ['instant', '2026-11-27T06:00:00'],
    ['flag', 'yes'],
    ['flag', 'True'],
    ['flag', '1'],
    ['integer', '1.5'],
    ['integer', '0x10'],
    ['integer', '12abc'],
    ['integer', '1e3'],
    ['integer', '9'.repeat(16)],
    ['integer', 'NaN'],
    ['digest', `sha256:${'A'.repeat(64)}`],
    ['digest', 'sha256:abc'],
    ['path', 'a\0b'],
    ['choice', 'Red'],
    ['choice', 'toString'],
  ])('%s does not take %j', (name, value) => {
    expect(() => read(KINDS, { ...GOOD, [name]: value })).toThrow(InputError);
    expect(() => read(KINDS, { ...GOOD, [name]: value })).toThrow(new RegExp(`^${name}: `, 'm'));
  });

  it('are told of all at once, a line a fault', () => {
    expect(() => read(KINDS, { ...GOOD, flag: 'yes', digest: '', typo: 'x' })).toThrow(
      /^flag: .*\ndigest is missing or empty.*\ntypo is no input of this action/s,
    );
  });

  it('that are secret are not told', () => {
    const kinds = {
      token: {
        ...secret(about),
        parse: (value: string) => {
          throw new InputFault(`bad ${value}`);
        },
      },
    };
    expect(() => read(kinds, { token: 'hunter2hunter2' })).toThrow(
      /^token is not usable \(its value is secret and not shown\)\.$/,
    );
  });

  it('may be absent where they are optional, and take their default where they have one', () => {
    const kinds = {
      a: text({ ...about, optional: true }),
      b: duration({ ...about, default: '1m' }),
      c: list({ ...about, default: '' }),
    };
    expect(read(kinds, { a: '', b: ' ' })).toEqual({ a: undefined, b: 60_000, c: [] });
  });

  it('never take an expression that the runner left over for a value', () => {
    expect(() => read({ token: secret({ ...about, default: '${{ github.token }}' }) }, {})).toThrow(
      'token is missing or empty',
    );
  });

  it('give a digest without secrets, with defaults', () => {
    const kinds = { a: text({ ...about, default: 'x' }), t: secret(about) };
    read(kinds, { t: 'hunter2hunter2' });
    expect(plainInputs(kinds)).toEqual({ a: 'x' });
  });

  it('answer an input named emergency, and the class of that name, with where it belongs', () => {
    expect(() => read({}, { emergency: 'true' })).toThrow('An emergency is declared in the policy');
    expect(() => gateInputs['release-class'].parse('emergency')).toThrow('declared in the policy');
    expect(gateInputs['release-class'].parse('high-risk')).toBe('high-risk');
  });
});

describe('an image reference', () => {
  const DIGEST = `sha256:${'0'.repeat(64)}`;
  it.each([
    [`ghcr.io/acme/shop/odoo@${DIGEST}`, 'acme/shop/odoo'],
    [`ghcr.io/acme/odoo:17.0@${DIGEST}`, 'acme/odoo'],
    [`localhost:5000/odoo:17@${DIGEST}`, 'odoo'],
    [`localhost/odoo@${DIGEST}`, 'odoo'],
    [`acme/odoo@${DIGEST}`, 'acme/odoo'],
    [`odoo@${DIGEST}`, 'odoo'],
    [`oci:acme/odoo@${DIGEST}`, 'acme/odoo'],
    [`123456789012.dkr.ecr.eu-central-1.amazonaws.com/odoo@${DIGEST}`, 'odoo'],
  ])('%s names %s', (reference, name) => {
    expect(artifactFrom('image', reference)).toEqual({ kind: 'image', name, digest: DIGEST });
  });

  it.each([
    'odoo:17',
    'odoo',
    '',
    DIGEST,
    `@${DIGEST}`,
    `odoo@${DIGEST}0`,
    `odoo@${DIGEST.toUpperCase()}`,
    `ghcr.io/@${DIGEST}`,
    `a b@${DIGEST}`,
    `../x@${DIGEST}`,
  ])('%s is refused', (reference) => {
    expect(() => artifactFrom('image', reference)).toThrow(InputFault);
  });

  it('is needed by digest, with a full commit', () => {
    const inputs = {
      policy: 'p',
      'release-class': undefined,
      environment: 'production',
      image: 'odoo:17',
      configuration: undefined,
      commit: 'HEAD',
      'github-token': 't',
    };
    expect(() => subjectFrom(inputs)).toThrow(/commit is "HEAD"[\s\S]*image: "odoo:17" has no digest/);
  });
});
