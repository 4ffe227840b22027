import type { CountWindow } from '@tillgate/analysis';
import { instantOf, type Sha256 } from '@tillgate/release';
import type { Tick } from '../drive/drive.ts';
import type { Plan } from '../plan.ts';
import { evidenceOf } from '../reduce/evidence-of.ts';
import type { Said } from '../said.ts';
import { LANE } from '../strategies/terms.ts';
import { lineOf } from './lines.ts';

const TIMELINE_SCHEMA = 'https://tillgate.dev/delivery-timeline/v1';

/** Points of the chart that are kept: with more, every other one is dropped. */
const POINTS = 240;

/** What was to be seen at one moment. */
export interface Point {
  at: number;
  /** In percent. */
  share: number;
  /** Share of bad ones among what the candidate served so far, in percent; null: nothing was counted. */
  bad: number | null;
  /** The same of stable. */
  badStable: number | null;
  /** How far the evidence is on its way to the bound at which the release fails, in percent. */
  towardsFailing: number | null;
}

/** Collects what happens, for a file, a chart and a summary. */
export class Timeline {
  readonly #plan: Plan;
  readonly #record: Sha256;
  readonly said: Said[] = [];
  points: Point[] = [];

  constructor(plan: Plan, record: Sha256) {
    [this.#plan, this.#record] = [plan, record];
  }

  add({ status, seen, said }: Tick): void {
    this.said.push(...said);
    const share = (seen.lanes[LANE]?.candidateShare ?? 0) / 100;
    const watched = status.evidence.after ? 'after' : 'beside';
    const [state, watch] = [status.evidence[watched], this.#plan.watching?.[watched]];
    const first = watch?.analysis.metrics[0];
    const own = first && state?.metrics[first.name];
    const part = (tally: { bad: readonly number[]; total: number } | undefined) =>
      tally && tally.total > 0 ? (100 * (tally.bad[0] ?? 0)) / tally.total : null;
    this.points.push({
      at: seen.at,
      share,
      bad: part(own?.candidate),
      badStable: watched === 'beside' ? part(own?.stable) : null,
      towardsFailing: towardsFailing(this.#plan, status, watched),
    });
    if (this.points.length > POINTS) this.points = this.points.filter((_, index) => index % 2 === 0);
  }

  /** What was counted meanwhile where nothing was watched on the way, whoever served it. */
  measured(windows: readonly CountWindow[], metric: string): void {
    this.points = this.points.map((point) => {
      const window = windows.find(({ from, to }) => from < point.at && point.at <= to);
      const tallies = (window?.metrics[metric] ?? []).flatMap(({ candidate, stable }) => [candidate, stable]);
      const total = tallies.reduce((sum, tally) => sum + tally.total, 0);
      const bad = tallies.reduce((sum, tally) => sum + (tally.bad[0] ?? 0), 0);
      return point.bad === null && total > 0 ? { ...point, bad: (100 * bad) / total } : point;
    });
  }

  /** The file: one JSON document. */
  document(): string {
    const document = {
      schema: TIMELINE_SCHEMA,
      record: this.#record,
      said: this.said.map(({ at, ...rest }) => ({ at: instantOf(at), ...rest, text: lineOf({ at, ...rest } as Said) })),
      points: this.points.map(({ at, ...rest }) => ({ at: instantOf(at), ...rest })),
    };
    return `${JSON.stringify(document, null, 1)}\n`;
  }
}

function towardsFailing(plan: Plan, status: Tick['status'], watched: 'beside' | 'after'): number | null {
  const told = evidenceOf(plan, status, watched).flatMap(({ worse, bound }) => (worse === null ? [] : [worse / bound]));
  return told.length === 0 ? null : 100 * Math.min(1, Math.max(0, ...told));
}
