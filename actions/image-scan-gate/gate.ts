import { defineGate, inWorkspace } from '@tillgate/action-kit';
import { writeWhole } from '@tillgate/host';
import { sarifOf, scanRules } from '@tillgate/image-scan';
import { inputs } from './inputs.ts';
import { summaryOf } from './summary.ts';

export const gate = defineGate({
  gate: 'image-scan-gate',
  title: 'Image scan gate',
  description:
    'Scans the image and what production runs with the same Trivy and the same database, and stops a release that brings something new.',
  inputs,
  outputs: {
    'new-vulnerabilities': 'Number of vulnerabilities that production does not have; empty where it is not known.',
    'fixed-vulnerabilities':
      'Number of vulnerabilities that production has and the image has not; empty where it is not known.',
    'sarif-file': 'Path of the SARIF file; empty when none was asked for.',
    'sbom-file': 'Path of the bill of materials; empty when none was asked for or none could be made.',
  },
  rules: scanRules,
  deadlineMs: 25 * 60_000,

  async observe(context) {
    // Loaded late: whoever gives wrong inputs should hear so before readers of images and reports are loaded.
    const [{ observeScan, writeBillsOfMaterials }, { requestFrom }] = await Promise.all([
      import('@tillgate/image-scan/observe'),
      import('./request.ts'),
    ]);
    const { clock, log, programs, signal, temp } = context;
    const request = await requestFrom(context);
    const world = { programs, log, signal, temp, now: clock.now(), environment: process.env };
    const observation = await observeScan(request, world);
    const sbom = context.inputs['sbom-file'];
    const written = sbom === undefined ? [] : await writeBillsOfMaterials(observation, inWorkspace(sbom), world);
    const { seen, coverage, evidence, validUntil } = observation;
    return {
      seen: { ...seen, ...(written[0] !== undefined && { sbomFile: written[0] }) },
      coverage,
      evidence,
      validUntil,
    };
  },

  facts(seen) {
    const fresh = seen.vulnerabilities.filter(({ state }) => state === 'new').length;
    return {
      image: seen.image,
      baseline: seen.baseline,
      new: fresh,
      fixed: seen.platforms.reduce((sum, { fixed }) => sum + fixed, 0),
      unchanged: seen.vulnerabilities.length - fresh,
      accepted: seen.vulnerabilities.filter(({ accepted }) => accepted).length,
      commitBinding: seen.commitBinding,
    };
  },

  async present(verdict, seen, { inputs: given, subject }) {
    const sarif = given['sarif-file'];
    if (sarif !== undefined) {
      const [artifact] = subject.artifacts.filter(({ kind }) => kind === 'image');
      await writeWhole(
        inWorkspace(sarif),
        `${JSON.stringify(sarifOf(verdict, seen, artifact?.name ?? 'image'), null, 1)}\n`,
      );
    }
    // What could not be scanned has no number, and nought would be one.
    const counted = seen.troubles.length === 0 ? verdict.facts : null;
    return {
      outputs: {
        'new-vulnerabilities': String(counted?.new ?? ''),
        'fixed-vulnerabilities': String(counted?.fixed ?? ''),
        'sarif-file': sarif === undefined ? '' : inWorkspace(sarif),
        'sbom-file': seen.sbomFile ?? '',
      },
      summary: summaryOf(seen),
    };
  },
});
