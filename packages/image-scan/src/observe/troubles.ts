import type { RuleId } from '@tillgate/release';
import { ImageError } from '../image/image-reference.ts';
import { ForeignReportError } from '../report/foreign-report.ts';
import { ReportError } from '../report/read-report.ts';
import { JsonDocumentError } from '../report/select-json.ts';
import type { Trouble } from '../seen.ts';
import { DatabaseError } from '../tool/database.ts';
import { ToolError } from '../tool/trivy.ts';

/** Gathers what could not be known, so that one run tells everything that is wrong. */
export class Troubles {
  readonly list: Trouble[] = [];

  add(rule: RuleId, key: string, message: string): void {
    this.list.push({ rule, key, message });
  }

  /**
   * Does something that may fail in a way that is understood; the failure is noted and undefined returned.
   * What is not understood is thrown on.
   *
   * @param rule instead of the failure's own, for example where a baseline is concerned
   */
  async attempt<T>(key: string, work: () => Promise<T>, rule?: RuleId): Promise<T | undefined> {
    try {
      return await work();
    } catch (cause) {
      const own = ruleOf(cause);
      if (own === undefined) throw cause;
      const remedy = rule === undefined && cause instanceof ToolError ? cause.remedy : undefined;
      this.list.push({ rule: rule ?? own, key, message: (cause as Error).message, ...(remedy && { remedy }) });
      return undefined;
    }
  }
}

function ruleOf(cause: unknown): RuleId | undefined {
  if (cause instanceof ImageError) return 'scan/image-unreadable';
  if (cause instanceof ToolError || cause instanceof DatabaseError) return cause.rule;
  if (cause instanceof ForeignReportError) return 'scan/report-not-accepted';
  if (cause instanceof ReportError || cause instanceof JsonDocumentError) return 'scan/report-unusable';
  return undefined;
}
