import {
  type DocumentError,
  decodeReceipt,
  digestOf,
  GATE_NAMES,
  type GateName,
  parseVerdict,
  type Receipt,
  type Sha256,
  type Verdict,
} from '@tillgate/release';
import { type Objection, objection } from './objection.ts';

/** One job of `needs`, as `toJSON(needs)` writes it. */
export interface NeededJob {
  result: string;
  outputs: Readonly<Record<string, string>>;
}

/** A document as it was found, before it is believed. */
export interface FoundDocument {
  file: string;
  bytes: Uint8Array;
}

/** A verdict whose bytes are the ones its receipt names. */
export interface Gathered {
  verdict: Verdict;
  receipt: Receipt;
  /** Digest of the document's bytes. */
  document: Sha256;
  file: string;
}

/** Raised when `receipts` is not what `toJSON(needs)` gives. */
export class NeedsError extends Error {
  override readonly name = 'NeedsError';
}

/**
 * Reads the input `receipts`.
 *
 * @throws NeedsError when it is empty, no JSON, or names no job
 */
export function readNeeds(json: string): Record<string, NeededJob> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new NeedsError('receipts is no JSON. Pass it as `receipts: ${{ toJSON(needs) }}`.', { cause });
  }
  const jobs = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  if (jobs.length === 0) {
    throw new NeedsError(
      'receipts names no job. Let the job that decides `needs:` the jobs that hold the gates, and pass `${{ toJSON(needs) }}`.',
    );
  }
  return Object.fromEntries(
    jobs.map(([name, job]) => {
      const { result, outputs } = (job ?? {}) as Partial<NeededJob>;
      if (typeof result !== 'string')
        throw new NeedsError(`receipts: the job "${name}" has no result. Pass \`\${{ toJSON(needs) }}\` unchanged.`);
      return [name, { result, outputs: outputs ?? {} }];
    }),
  );
}

/**
 * Brings receipts and documents together: every receipt must have a document with exactly its digest. What
 * does not fit becomes an objection; nothing is guessed.
 */
export function gather(
  needs: Readonly<Record<string, NeededJob>>,
  documents: readonly FoundDocument[],
): { gathered: Gathered[]; objections: Objection[] } {
  const objections: Objection[] = [];
  const receipts = receiptsOf(needs, objections);
  const byDigest = new Map(documents.map((found) => [digestOf(found.bytes), found]));
  const gathered: Gathered[] = [];
  for (const [gate, receipt] of receipts) {
    const found = byDigest.get(receipt.document);
    if (!found) {
      objections.push(missing(gate, receipt, documents));
      continue;
    }
    try {
      gathered.push({ verdict: parseVerdict(found.bytes), receipt, document: receipt.document, file: found.file });
    } catch (cause) {
      objections.push(
        objection(
          'unreadable-document',
          gate,
          `${found.file}: ${(cause as DocumentError).message}`,
          'Run the gate again.',
        ),
      );
    }
  }
  objections.push(...strangers(receipts, byDigest, gathered));
  return { gathered, objections };
}

/** Finds the outputs `<gate>-receipt` and `<gate>-outcome` of all jobs; a gate may answer once. */
function receiptsOf(needs: Readonly<Record<string, NeededJob>>, objections: Objection[]): Map<GateName, Receipt> {
  const receipts = new Map<GateName, Receipt>();
  for (const [job, { outputs }] of Object.entries(needs)) {
    for (const gate of GATE_NAMES) {
      const outcome = outputs[`${gate}-outcome`];
      const encoded = outputs[`${gate}-receipt`];
      if (!outcome && !encoded) continue;
      try {
        if (!encoded) {
          objections.push(droppedReceipt(gate, job, outcome ?? ''));
          continue;
        }
        const receipt = decodeReceipt(encoded);
        if (receipt.gate !== gate) {
          objections.push(
            objection(
              'mismatch',
              gate,
              `The output ${gate}-receipt of job "${job}" holds a receipt of ${receipt.gate}.`,
              'Give each output the receipt of its own gate.',
            ),
          );
        } else if (receipts.has(gate)) {
          objections.push(
            objection(
              'duplicate',
              gate,
              `Two jobs hold a receipt of ${gate}; the second is "${job}".`,
              'Let each gate answer once for a release.',
            ),
          );
        } else {
          receipts.set(gate, receipt);
        }
      } catch (cause) {
        objections.push(
          objection(
            'unreadable-receipt',
            gate,
            `Job "${job}": ${(cause as Error).message}`,
            'Pass the output `receipt` of the gate unchanged.',
          ),
        );
      }
    }
  }
  return receipts;
}

/** A gate that said how it ended but left no receipt: either it could not begin, or the runner dropped the output. */
function droppedReceipt(gate: GateName, job: string, outcome: string): Objection {
  if (outcome === 'inconclusive') {
    return objection(
      'no-verdict',
      gate,
      `${gate} in job "${job}" ended before it had a verdict (or its receipt was dropped because it contained a masked value).`,
      'The first error in the log of that step names the cause.',
    );
  }
  return objection(
    'dropped-receipt',
    gate,
    `${gate} in job "${job}" answered ${outcome}, but its receipt is empty: the runner drops a job output that contains a masked value.`,
    'Look for "Skip output since it may contain secret" in the log of that job, and mask less (a registry host, one letter, a brace).',
  );
}

function missing(gate: GateName, receipt: Receipt, documents: readonly FoundDocument[]): Objection {
  const named = documents.find(({ bytes }) => claimedGate(bytes) === gate);
  return named
    ? objection(
        'changed-document',
        gate,
        `${named.file} says it is the verdict of ${gate}, but its bytes are not the ones the receipt names (${receipt.document}): it was changed, cut or exchanged after the gate wrote it.`,
        'Do not touch documents between the jobs; run the gate again.',
      )
    : objection(
        'no-document',
        gate,
        `There is a receipt of ${gate}, but no document with its digest ${receipt.document} among ${documents.length} files.`,
        'Upload the document as an artifact in the job of the gate, and download it in this job.',
      );
}

/** Documents that no receipt names: a second verdict of a gate could be meant to be taken for the first. */
function strangers(
  receipts: Map<GateName, Receipt>,
  byDigest: Map<Sha256, FoundDocument>,
  gathered: readonly Gathered[],
): Objection[] {
  const known = new Set([...receipts.values()].map(({ document }) => document));
  return [...byDigest].flatMap(([digest, { file, bytes }]) => {
    const gate = known.has(digest) ? undefined : claimedGate(bytes);
    if (gate === undefined || !gathered.some(({ verdict }) => verdict.gate === gate)) return [];
    return [
      objection(
        'duplicate',
        gate,
        `${file} is a second verdict of ${gate}, and no receipt names it.`,
        'Keep one document a gate in the folder.',
      ),
    ];
  });
}

/** What gate a document says it is of; undefined where it cannot be read. Used for messages only. */
function claimedGate(bytes: Uint8Array): GateName | undefined {
  const claimed = /"gate"\s*:\s*"([a-z-]+)"/.exec(Buffer.from(bytes.subarray(0, 4_096)).toString('latin1'))?.[1];
  return GATE_NAMES.find((gate) => gate === claimed);
}
