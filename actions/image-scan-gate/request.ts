import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type GateContext, InputError, inWorkspace } from '@tillgate/action-kit';
import { type ImageReference, parseImageReference, type ScanRequest } from '@tillgate/image-scan/observe';
import { isSha256, type Sha256 } from '@tillgate/release';
import type { inputs } from './inputs.ts';

/** What the inputs and the policy together ask to be scanned. @throws InputError, ImageError */
export async function requestFrom(context: GateContext<typeof inputs>): Promise<ScanRequest> {
  const { inputs: given, policy, subject } = context;
  if (given.image === undefined) throw new InputError('image is missing: this gate scans an image, by digest.');
  const trivy = given['trivy-path'];
  const databasePath = given['db-path'];
  return {
    image: located(parseImageReference(given.image)),
    commit: subject.commit,
    environment: subject.environment,
    emergency: policy.class === 'emergency',
    policy: policy.whole.imageScan,
    policyFile: given.policy,
    demands: policy.whole.imageScan.classes[policy.class],
    baseline: given['baseline-digests'].map(asDigest),
    platforms: given.platforms,
    trivyPath: trivy === undefined ? undefined : await onPath(trivy),
    databasePath: databasePath === undefined ? undefined : inWorkspace(databasePath),
    databaseRepository: given['db-repository'],
    reportFiles: given['report-file'].map(inWorkspace),
    baselineReportFiles: given['baseline-report-file'].map(inWorkspace),
    kevFile: given['kev-file'] === undefined ? undefined : inWorkspace(given['kev-file']),
    vexFiles: given['vex-files'].map(inWorkspace),
    bundleFiles: given['bundle-files'].map(inWorkspace),
  };
}

function located(reference: ImageReference): ImageReference {
  return reference.kind === 'registry' ? reference : { ...reference, path: inWorkspace(reference.path) };
}

function asDigest(text: string): Sha256 {
  if (isSha256(text)) return text;
  throw new InputError(
    `baseline-digests has "${text.slice(0, 80)}", which is no digest. Hand over the output \`running\` of observe-production unchanged.`,
  );
}

/** A bare name is looked up on PATH, as a shell would; which file is found does not matter, its digest decides. */
async function onPath(name: string): Promise<string> {
  if (name.includes('/')) return inWorkspace(name);
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, name);
    const found = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (folder !== '' && found) return candidate;
  }
  throw new InputError(
    `trivy-path is "${name}", and there is no such program on PATH. Install Trivy in an earlier step.`,
  );
}
