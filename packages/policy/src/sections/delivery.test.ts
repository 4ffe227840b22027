import { describe, expect, it } from '@jest/globals';
import { loadPolicy } from '../load.ts';

const load = (delivery: string) =>
  loadPolicy(Buffer.from(`environments: { production: { timezone: UTC, delivery: ${delivery} } }\n`), 'policy.yml')
    .policy.environments.production?.delivery;
const ROUTER = 'router: { by: traefik, traefikService: odoo, ingressRoute: shops }';

describe('how an environment is delivered to', () => {
  it('is not said unless told', () => {
    expect(loadPolicy(Buffer.from('environments: { a: { timezone: UTC } }\n')).policy.environments.a?.delivery).toBe(
      undefined,
    );
  });

  it('needs a router, and has careful defaults for the rest', () => {
    const told = load(`{ ${ROUTER} }`);
    expect(told).toMatchObject({ container: 'odoo', abandonAfter: '10m', readyWithin: '10m', mostRestarts: 0 });
    expect(told?.steps.map(({ share, analysis }) => [share, analysis])).toEqual([
      [5, true],
      [25, true],
      [50, true],
    ]);
    expect(() => load('{ container: odoo }')).toThrow('router');
  });

  it.each([
    ['a share of everything', 'steps: [{ share: 100 }]', 'between 0 and 100'],
    ['a share that goes down', 'steps: [{ share: 50 }, { share: 5 }]', 'not larger than the one before'],
    ['a share that weights cannot have', 'steps: [{ share: 0.125 }]', 'hundredths of a percent'],
    ['a step that can never be left', 'steps: [{ share: 5, for: 3h }]', 'could never be left'],
    ['no steps', 'steps: []', 'steps'],
    ['a watchdog that acts at once', 'abandonAfter: 0m', 'longer than nothing'],
    ['a header that could end a rule', "testers: { name: X-Try, value: 'a`) || Path(`/' }", 'letters, digits'],
    [
      'a digest readmitted without a reason',
      `readmitted: [{ digest: "sha256:${'1'.repeat(64)}", reason: no }]`,
      'reason',
    ],
    ['a misspelt key', 'abandonafter: 5m', 'did you mean "abandonAfter"'],
  ])('refuses %s', (_, line, why) => {
    expect(() => load(`{ ${ROUTER}, ${line} }`)).toThrow(why);
  });
});
