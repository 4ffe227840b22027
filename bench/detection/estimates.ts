const Z = 1.96;

/** A share with its 95 % interval (Wilson), in percent, as text. */
export function shareText(hits: number, of: number): string {
  const p = hits / of;
  const middle = (p + Z ** 2 / (2 * of)) / (1 + Z ** 2 / of);
  const half = (Z * Math.sqrt((p * (1 - p)) / of + Z ** 2 / (4 * of ** 2))) / (1 + Z ** 2 / of);
  const percent = (value: number) => (Math.max(0, value) * 100).toFixed(1);
  return `${percent(p)} [${percent(middle - half)}, ${percent(middle + half)}]`;
}

/** The value below which a share of all lies; undetected ones are the largest of all. */
export function quantile(delays: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(delays).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] as number;
}

/** The median with its 95 % interval from order statistics, as text; `-` where less than half were detected. */
export function medianText(delays: ArrayLike<number>): string {
  const half = (Z * Math.sqrt(delays.length)) / 2 / delays.length;
  const [low, middle, high] = [0.5 - half, 0.5, 0.5 + half].map((q) => quantile(delays, q));
  const text = (value: number | undefined) =>
    value !== undefined && Number.isFinite(value) ? String(Math.round(value)) : '-';
  return Number.isFinite(middle) ? `${text(middle)} [${text(low)}, ${text(high)}]` : '-';
}
