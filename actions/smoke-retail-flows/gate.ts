import { defineGate, inWorkspace } from '@tillgate/action-kit';
import { writeWhole } from '@tillgate/host';
import { digestOf, instantOf } from '@tillgate/release';
import { baselineText, isWhole, junitOf, type SmokeSeen, smokeRules, worstEnding } from '@tillgate/retail-flows';
import { inputs } from './inputs.ts';
import { slowest, summaryOf } from './summary.ts';

/** GitHub's runner kills ten seconds after it has asked for the first time to end. */
const GRACE_MS = 9_500;

/** For so long a shop that was gone through is taken to work. */
const VALID_MS = 60 * 60_000;

export const gate = defineGate({
  gate: 'smoke-retail-flows',
  title: 'Smoke retail flows',
  description:
    'Goes shopping in a running Odoo: sells, delivers, invoices, gets paid, takes back, buys, counts stock and cash, looks at the facts of the business, and takes everything back.',
  inputs,
  outputs: {
    'flows-passed': 'Number of flows that passed every time, at every tenant.',
    'flows-failed': 'Number of flows that failed at least once, at any tenant.',
    slowest: 'The slowest step, with its median time in milliseconds.',
    'baseline-file': 'Path of the baseline that this run makes; empty when no time was taken.',
    'junit-file': 'Path of the JUnit file.',
  },
  rules: smokeRules,
  deadlineMs: 60 * 60_000,
  graceMs: GRACE_MS,

  async observe(context) {
    const [{ runTenants }, { requestFrom }] = await Promise.all([
      import('@tillgate/retail-flows/run'),
      import('./request.ts'),
    ]);
    const seen = await runTenants(await requestFrom(context));
    return {
      seen,
      coverage: {
        expected: seen.tenants.length,
        missing: seen.tenants.filter((shop) => !isWhole(shop)).map(({ tenant }) => tenant),
      },
      evidence: seen.tenants.flatMap(({ tenant, shop }) =>
        shop ? [{ name: tenant, note: `Odoo ${shop.version}, ${neutralised(shop)}` }] : [],
      ),
      validUntil: instantOf(context.clock.now() + VALID_MS),
    };
  },

  facts(seen) {
    const flows = [...new Set(seen.tenants.flatMap(({ results }) => results.map(({ flow }) => flow)))];
    const ended = (flow: string, ...words: string[]) =>
      seen.tenants.some((shop) => words.includes(worstEnding(shop, flow)));
    const failed = flows.filter((flow) => ended(flow, 'failed'));
    const unknown = flows.filter((flow) => !failed.includes(flow) && ended(flow, 'blocked', 'unknown'));
    return {
      passed: flows.filter((flow) => !failed.includes(flow) && !unknown.includes(flow)),
      failed,
      unknown,
      wrote: wrote(seen),
    };
  },

  async present(verdict, seen, { inputs: given, secrets }) {
    const junit = inWorkspace(given['junit-file']);
    await writeWhole(
      junit,
      junitOf(seen, (text) => secrets.redact(text)),
    );
    const timed = seen.tenants.some(({ times }) => Object.keys(times).length > 0);
    const baseline = timed ? inWorkspace(given['baseline-file']) : '';
    const text = baselineText(seen, verdict.observedAt, given.concurrency);
    if (baseline !== '') await writeWhole(baseline, text);
    return {
      outputs: {
        'flows-passed': String(verdict.facts?.passed.length ?? ''),
        'flows-failed': String(verdict.facts?.failed.length ?? ''),
        slowest: slowest(seen),
        'baseline-file': baseline,
        'junit-file': junit,
      },
      summary: `${summaryOf(seen)}${baseline === '' ? '' : `\n\nBaseline of this run: \`${digestOf(text)}\`.`}`,
    };
  },
});

const neutralised = ({ isNeutralized }: { isNeutralized: boolean }): string =>
  isNeutralized ? 'a neutralised copy' : 'not neutralised';

/** Whether a flow that writes was run anywhere. */
function wrote({ tenants }: SmokeSeen): boolean {
  return tenants.some(({ planned, results }) => {
    const writing = new Set(planned.filter(({ writes }) => writes.length > 0).map(({ flow }) => flow));
    return results.some(({ flow }) => writing.has(flow));
  });
}
