import type { Rule } from '@tillgate/release';
import type { ScanSeen } from '../seen.ts';
import { exampleScan } from './example-scan.ts';

const required = { provenance: 'required' } as const;

export const unprovenSource: Rule<ScanSeen> = {
  id: 'scan/unproven-source',
  meaning: 'The image is not shown to be built from the commit of the release, or says that it was built from another.',
  why: 'Tests, reviews and approvals are about a commit. They say nothing about an image of other code.',
  remedy:
    'Build the image from the commit of the release, with signed provenance, and name its bundle in `bundle-files`.',
  bad: [
    {
      title: 'no provenance where it is required',
      seen: exampleScan({ demands: required, provenance: { proven: false, why: 'no bundle was given' } }),
      severity: 'fail',
    },
    {
      title: 'the label of the image names another commit',
      seen: exampleScan({ labelledCommit: 'f'.repeat(40) }),
      severity: 'fail',
    },
  ],
  good: [
    {
      title: 'provenance names the commit',
      seen: exampleScan({
        demands: required,
        provenance: { proven: true, by: 'shop.sigstore.json' },
        commitBinding: 'provenance',
      }),
    },
    { title: 'the class does not ask, and no label contradicts', seen: exampleScan() },
  ],
  judge({ demands, provenance, labelledCommit, image }) {
    const finding = (message: string) => ({
      rule: this.id,
      key: image,
      severity: 'fail' as const,
      message,
      remedy: this.remedy,
    });
    if (labelledCommit !== undefined && !provenance.proven) {
      return [
        finding(`The image says that it was built from commit ${labelledCommit.slice(0, 64)}, not from the release's.`),
      ];
    }
    if (demands.provenance === 'ignore' || provenance.proven) return [];
    return [finding(`The image is not shown to be built from the commit of the release: ${provenance.why}.`)];
  },
};
