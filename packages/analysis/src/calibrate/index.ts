export {
  type Alarms,
  type Calibration,
  type CalibrationOptions,
  calibrate,
  type Detection,
  type Judged,
  type Stretch,
} from './calibrate.ts';
export { type Estimate, estimate } from './chance.ts';
export { chartOf } from './chart.ts';
export { phiBetween } from './phi.ts';
export { reportOf } from './report.ts';
export { SplitError } from './split.ts';
