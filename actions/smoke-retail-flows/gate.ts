import { defineGate, inWorkspace } from '@tillgate/action-kit';
import { writeWhole } from '@tillgate/host';
import { digestOf, instantOf } from '@tillgate/release';
import { baselineText, endings, junitOf, smokeRules } from '@tillgate/retail-flows';
import { inputs } from './inputs.ts';
import { slowest, summaryOf } from './summary.ts';

/** For so long a shop that was gone through is taken to work. */
const VALID_MS = 60 * 60_000;

export const gate = defineGate({
  gate: 'smoke-retail-flows',
  title: 'Smoke retail flows',
  description:
    'Goes shopping in a running Odoo 19: sells, delivers, invoices, gets paid, takes back, buys, counts stock and cash, looks at the facts of the business, and takes everything back.',
  inputs,
  outputs: {
    'flows-passed': 'Number of flows that passed every time.',
    'flows-failed': 'Number of flows that failed at least once.',
    slowest: 'The slowest step, with its median time in milliseconds.',
    'baseline-file': 'Path of the baseline that this run makes; empty when no time was taken.',
    'junit-file': 'Path of the JUnit file.',
  },
  rules: smokeRules,
  deadlineMs: 30 * 60_000,

  async observe(context) {
    const [{ runSmoke }, { requestFrom }] = await Promise.all([
      import('@tillgate/retail-flows/run'),
      import('./request.ts'),
    ]);
    const request = await requestFrom(context);
    const seen = await runSmoke(request);
    const ran = new Set(seen.results.map(({ flow }) => flow));
    return {
      seen,
      coverage: {
        expected: seen.planned.length,
        missing: seen.planned.filter(({ flow }) => !ran.has(flow)).map(({ flow }) => flow),
      },
      evidence: [
        {
          name: 'the shop',
          note: `Odoo ${seen.shop.version}, ${seen.shop.isNeutralized ? 'a neutralised copy' : 'not neutralised'}`,
        },
      ],
      validUntil: instantOf(context.clock.now() + VALID_MS),
    };
  },

  facts(seen) {
    const failed = endings(seen, 'failed').map(({ flow }) => flow);
    const unknown = [...endings(seen, 'blocked'), ...endings(seen, 'unknown')].map(({ flow }) => flow);
    const ran = [...new Set(seen.results.map(({ flow }) => flow))];
    const wrote = seen.planned.filter(({ writes }) => writes.length > 0).map(({ flow }) => flow);
    return {
      passed: ran.filter((flow) => !failed.includes(flow) && !unknown.includes(flow)),
      failed,
      unknown: [...new Set(unknown)].filter((flow) => !failed.includes(flow)),
      wrote: ran.some((flow) => wrote.includes(flow)),
    };
  },

  async present(verdict, seen, { inputs: given, secrets }) {
    const junit = inWorkspace(given['junit-file']);
    await writeWhole(junit, secrets.redact(junitOf(seen)));
    const baseline = Object.keys(seen.times).length > 0 ? inWorkspace(given['baseline-file']) : '';
    const text = baselineText(seen.shop.version, verdict.observedAt, seen.times);
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
