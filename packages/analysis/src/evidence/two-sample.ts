/** Of so many, so many were bad. */
export interface Count {
  bad: number;
  total: number;
}

/**
 * Adds one window to the two-sample conditional e-process (family of Lindon and Malek, Anytime-Valid
 * Inference for Multinomial Count Data, NeurIPS 2022). H0: the candidate's rate is at most `tolerated` times
 * the stable one's. Given the bad ones of both, those of the candidate are a draw with chance
 * theta0 = tolerated n_c / (tolerated n_c + n_s); the alternative `r` draws with r times these odds.
 *
 *   ln E_r += (x_c ln(theta_r / theta0) + x_s ln((1 - theta_r) / (1 - theta0))) / phi
 *
 * With theta written out this is x_c ln r - (x_c + x_s) ln((r t n_c + n_s) / (t n_c + n_s)), which is
 * computed. The base rate cancels, and with it whatever hits both versions alike; so does a change of
 * weights from window to window. A window that lacks one of the two says nothing.
 *
 * @param logE ln E of each alternative; changed in place
 * @param ratios the alternatives, above 1 for "more is worse", below 1 for "fewer is worse"
 * @param phi dispersion: how many bad ones come at a time, frozen before the release
 */
export function addComparison(
  logE: { [index: number]: number },
  ratios: readonly number[],
  candidate: Count,
  stable: Count,
  tolerated: number,
  phi: number,
): void {
  const bad = candidate.bad + stable.bad;
  if (!(candidate.total > 0 && stable.total > 0 && bad > 0)) return;
  const due = tolerated * candidate.total;
  for (let k = 0; k < ratios.length; k++) {
    const r = ratios[k] as number;
    const step = candidate.bad * Math.log(r) - bad * Math.log((r * due + stable.total) / (due + stable.total));
    logE[k] = (logE[k] as number) + step / phi;
  }
}
