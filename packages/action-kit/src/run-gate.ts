import { writeWhole } from '@tillgate/host';
import {
  conclude,
  digestOf,
  digestOfValue,
  encodeReceipt,
  type Finding,
  type GateName,
  instantOf,
  type Mode,
  type Outcome,
  VERDICT_SCHEMA,
  type Verdict,
} from '@tillgate/release';
import { gateInputs, subjectFrom } from './common-inputs.ts';
import { type Definition, type Ending, type Frame, inFrame, inWorkspace, reasonOf } from './frame.ts';
import type { Gate, GateContext, Observation, Presentation } from './gate.ts';
import type { InputKinds } from './input-kinds.ts';
import { policyInForce } from './policy-in-force.ts';
import { plainInputs } from './read-inputs.ts';
import { summarize } from './summarize.ts';
import type { TrustedSourceMaker } from './trusted.ts';
import { VERSION } from './version.ts';

const DEADLINE_MS = 10 * 60_000;

/** What the outside world is, for a gate; index.ts of each action wires it. */
export interface Wiring {
  trusted: TrustedSourceMaker;
}

/** The gate as the frame and the generator see it: with the inputs and outputs that all gates share. */
export function definitionOf<G extends GateName, I extends InputKinds, S>(
  gate: Gate<G, I, S>,
): Definition<I & typeof gateInputs> {
  return {
    name: gate.gate,
    title: gate.title,
    description: gate.description,
    inputs: { ...gateInputs, ...gate.inputs },
    outputs: {
      receipt: 'What travels to the decision: base64url, at most 1 KiB.',
      document: 'Path of the file that holds the verdict.',
      ...gate.outputs,
    },
    deadlineMs: gate.deadlineMs ?? DEADLINE_MS,
    ...(gate.graceMs !== undefined && { graceMs: gate.graceMs }),
  };
}

/**
 * Runs a gate in the frame: reads inputs and the policy in force, observes, judges, concludes, writes the
 * document, then the receipt and the other outputs.
 */
export function runGate<G extends GateName, I extends InputKinds, S>(
  gate: Gate<G, I, S>,
  wiring: Wiring,
): Promise<void> {
  const definition = definitionOf(gate);
  return inFrame(definition, async (frame) => {
    const context = await contextOf(gate, definition, frame, wiring);
    const { seen, verdict: raw } = await judge(gate, context);
    // Cleaned as a value, before it becomes JSON or Markdown: these would write a secret in a way of their own.
    const verdict = context.secrets.redactAll(raw);
    const file = inWorkspace(context.inputs.document ?? `tillgate-documents/${gate.gate}.json`);
    const shown = await presented(gate, verdict, seen, context);
    const bytes = Buffer.from(`${JSON.stringify(verdict, null, 1)}\n`);
    await writeWhole(file, bytes);
    const document = digestOf(bytes);
    const { schema, outcome, subject } = verdict;
    const summary = summarize(definition, verdict, context.policy, shown.summary);
    await writeWhole(file.replace(/(\.json)?$/, '.md'), context.secrets.redact(summary)); // for people who read artifacts
    return {
      outcome,
      green: isGreen(outcome, verdict.basis.mode, context.policy.settings.tolerates.includes(gate.gate)),
      outputs: {
        ...shown.outputs,
        document: file,
        receipt: encodeReceipt({ schema, gate: gate.gate, outcome, release: subject.release, document }),
      },
      summary,
      reasons: reasonsOf(verdict),
    } satisfies Ending;
  });
}

/** Judges an observation with a gate's rules; what was thrown while observing becomes a finding of its own. */
async function judge<G extends GateName, I extends InputKinds, S>(
  gate: Gate<G, I, S>,
  context: GateContext<I>,
): Promise<{ seen: S | undefined; verdict: Verdict<G> }> {
  const { subject, basis, clock, signal } = context;
  const run = process.env.GITHUB_RUN_ID;
  const rest = {
    schema: VERDICT_SCHEMA,
    gate: gate.gate,
    subject,
    basis,
    observedAt: instantOf(clock.now()),
    producer: {
      name: 'tillgate',
      version: VERSION,
      ...(run !== undefined && { run, attempt: Number(process.env.GITHUB_RUN_ATTEMPT ?? 1) }),
    },
  } as const;
  let observation: Observation<S>;
  let findings: Finding[];
  try {
    const observing = gate.observe(context);
    // Who has a grace ends by itself within it, or the frame ends the action.
    observation = await (gate.graceMs === undefined ? Promise.race([observing, aborted(signal)]) : observing);
    findings = gate.rules.flatMap((rule) => rule.judge(observation.seen, basis));
    if (signal.aborted) findings.push(couldNotObserve(signal.reason)); // what was cut short is not passed
  } catch (thrown) {
    const finding = couldNotObserve(thrown);
    const coverage = { expected: 1, missing: [] };
    const outcome = conclude([finding], coverage, rest.observedAt);
    return {
      seen: undefined,
      verdict: {
        ...rest,
        outcome,
        findings: [finding],
        coverage,
        facts: null,
        evidence: [],
        validUntil: rest.observedAt,
      },
    };
  }
  const { seen, coverage, evidence, validUntil } = observation;
  const outcome = conclude(findings, coverage, rest.observedAt);
  return {
    seen,
    verdict: { ...rest, outcome, findings, coverage, facts: gate.facts(seen, findings), evidence, validUntil },
  };
}

function couldNotObserve(thrown: unknown): Finding {
  return {
    rule: 'frame/could-not-observe',
    key: 'observation',
    severity: 'unknown',
    message: reasonOf(thrown),
    remedy: 'Mend the cause named here and run the gate again: what could not be seen is not passed.',
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function presented<G extends GateName, I extends InputKinds, S>(
  gate: Gate<G, I, S>,
  verdict: Verdict<G>,
  seen: S | undefined,
  context: GateContext<I>,
): Promise<Presentation> {
  if (seen === undefined || !gate.present) return {};
  return gate.present(verdict, seen, context);
}

async function contextOf<G extends GateName, I extends InputKinds, S>(
  gate: Gate<G, I, S>,
  definition: Definition<I & typeof gateInputs>,
  frame: Frame<I & typeof gateInputs>,
  wiring: Wiring,
): Promise<GateContext<I>> {
  const inputs = frame.inputs as GateContext<I>['inputs'];
  const subject = subjectFrom(inputs);
  const { policy, trusted } = await policyInForce(inputs, subject, frame, wiring.trusted);
  if (inputs.mode === 'report' && policy.settings.gates.includes(gate.gate)) {
    frame.log.warn(
      `${gate.title} runs in mode report, and the class ${policy.class} requires it: its verdict will not count.`,
    );
  }
  return {
    ...frame,
    inputs,
    subject,
    policy,
    trusted,
    basis: {
      policy: policy.digest,
      configuration: policy.configuration,
      inputs: digestOfValue(plainInputs(definition.inputs)),
      class: policy.class,
      mode: inputs.mode,
      clock: { source: `${frame.clock.source}, compared with ${trusted.name}`, offsetMs: trusted.clockOffsetMs() ?? 0 },
    },
  };
}

/** Whether the step goes on in green. A tolerated `inconclusive` does; the decision judges it again. */
function isGreen(outcome: Outcome, mode: Mode, tolerated: boolean): boolean {
  if (mode === 'report') return true;
  return outcome === 'pass' || outcome === 'warn' || (outcome === 'inconclusive' && tolerated);
}

function reasonsOf({ findings, outcome, coverage }: Verdict): string[] {
  if (outcome === 'pass' || outcome === 'warn') return [];
  const decisive = outcome === 'fail' ? 'fail' : 'unknown';
  const told = findings
    .filter((one) => one.severity === decisive && !one.accepted)
    .map((one) => `${one.rule}: ${one.message} ${one.remedy}`);
  if (coverage.expected === 0) told.push('Nothing was judged, and nothing judged is no pass.');
  if (coverage.missing.length > 0)
    told.push(
      `Not judged: ${coverage.missing.slice(0, 10).join(', ')}${coverage.missing.length > 10 ? ` and ${coverage.missing.length - 10} more` : ''}.`,
    );
  return told.slice(0, 10);
}
