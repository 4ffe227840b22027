import type { Rule } from '@tillgate/release';
import type { ScanSeen } from '../seen.ts';
import { exampleScan } from './example-scan.ts';

const required = { signature: 'required' } as const;

export const unsignedImage: Rule<ScanSeen> = {
  id: 'scan/unsigned-image',
  meaning: 'The class asks for a signed image, and no signature by a key of the policy was found for this digest.',
  why: 'A signature is how the build says that it made this image. Without it, anybody who can push could have.',
  remedy: 'Sign the image in the build (cosign sign --key) and name the bundle in `bundle-files`.',
  bad: [
    {
      title: 'no bundle was given',
      seen: exampleScan({ demands: required, signature: { proven: false, why: 'no bundle was given' } }),
      severity: 'fail',
    },
  ],
  good: [
    {
      title: 'signed',
      seen: exampleScan({ demands: required, signature: { proven: true, by: 'shop.sigstore.json' } }),
    },
    { title: 'the class does not ask', seen: exampleScan() },
  ],
  judge({ demands, signature, image }) {
    if (demands.signature === 'ignore' || signature.proven) return [];
    const message = `The image is not shown to be signed: ${signature.why}.`;
    return [{ rule: this.id, key: image, severity: 'fail', message, remedy: this.remedy }];
  },
};
