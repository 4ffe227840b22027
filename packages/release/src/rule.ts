import type { Finding, RuleId } from './finding.ts';
import type { Basis } from './verdict.ts';

/** A case that shows a rule at work. Examples are the rule's tests and stand on its page. */
export interface Example<S> {
  /** What the case is, in half a sentence. */
  title: string;
  seen: S;
  /** For bad examples: the severity the rule must answer with. */
  severity?: Finding['severity'];
}

/**
 * A rule judges what a gate has seen. It is pure: the same observation gives the same findings, so a
 * recorded observation can be judged again at any time.
 */
export interface Rule<S> {
  id: RuleId;
  meaning: string;
  why: string;
  remedy: string;
  /** Cases in which the rule speaks. */
  bad: readonly Example<S>[];
  /** Cases in which it stays silent. */
  good: readonly Example<S>[];
  judge(seen: S, basis: Basis): Finding[];
}
