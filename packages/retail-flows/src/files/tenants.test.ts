import { describe, expect, it } from '@jest/globals';
import { parseTenants } from './tenants.ts';

const parse = (text: string) => parseTenants(Buffer.from(text), 'tenants.yml');

describe('a list of tenants', () => {
  it('fills in what is shared, and lets each tenant say otherwise', () => {
    const text = `
shared: { url: https://erp.example, apiKeyFrom: SMOKE_KEY, warehouse: Smoke }
tenants:
  - name: harbour
  - { name: market, database: market_2, url: https://market.example, passwordFrom: SMOKE_MARKET, login: till }
`;
    expect(parse(text)).toEqual([
      { name: 'harbour', database: 'harbour', url: 'https://erp.example', apiKeyFrom: 'SMOKE_KEY', warehouse: 'Smoke' },
      {
        name: 'market',
        database: 'market_2',
        url: 'https://market.example',
        passwordFrom: 'SMOKE_MARKET',
        login: 'till',
        warehouse: 'Smoke',
      },
    ]);
  });

  it('may be JSON', () => {
    expect(parse('{"tenants":[{"name":"a"}]}')).toEqual([{ name: 'a', database: 'a' }]);
  });

  it.each([
    [
      'a secret of the job',
      'tenants: [{ name: a, apiKeyFrom: GITHUB_TOKEN }]',
      /line 1, column 22: .*begins with SMOKE_/,
    ],
    [
      'the secret itself',
      'tenants: [{ name: a, apiKey: 0123 }]',
      /line 1, column 22: .*apiKey is not known; known here: .*apiKeyFrom/,
    ],
    ['a typing error', 'tenants:\n  - { name: a, databse: b }', /line 2, column 16: .*did you mean "database"/],
    ['a name twice', 'tenants:\n  - { name: a }\n  - { name: a }', /line 3, column 7: .*"a" is there twice/],
    ['two secrets', 'tenants: [{ name: a, apiKeyFrom: SMOKE_A, passwordFrom: SMOKE_B }]', /one of them says who/],
    ['no tenant', 'tenants: []', /line 1, column 1: tenants/],
    ['no http', 'tenants: [{ name: a, url: "file:///etc/passwd" }]', /must be an address like/],
    ['no YAML', 'tenants: [', /line 1/],
  ])('is refused with %s, where it stands', (_, text, reason) => {
    expect(() => parse(text)).toThrow(reason);
  });
});
