import { describe, expect, it } from '@jest/globals';
import { podTemplateDigest } from './pod-template.ts';

const TEMPLATE = {
  metadata: { creationTimestamp: null, labels: { app: 'odoo' } },
  spec: {
    containers: [
      { name: 'odoo', image: 'shop/odoo@sha256:1', lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } } },
      { name: 'sidecar', image: 's:1' },
    ],
  },
};
const digest = (template: unknown) => podTemplateDigest(template, 'odoo');
const changed = (change: (template: typeof TEMPLATE) => void) => {
  const copy = structuredClone(TEMPLATE);
  change(copy);
  return digest(copy);
};

describe('the digest of a pod template', () => {
  it('does not look at the image that is released, and at everything else', () => {
    const same = digest(TEMPLATE);
    expect(changed(({ spec }) => ((spec.containers[0] as { image: string }).image = 'shop/odoo@sha256:2'))).toBe(same);
    expect(changed(({ spec }) => ((spec.containers[1] as { image: string }).image = 's:2'))).not.toBe(same);
    expect(changed(({ metadata }) => (metadata.labels.app = 'other'))).not.toBe(same);
    expect(changed(({ spec }) => Object.assign(spec, { hostNetwork: true }))).not.toBe(same);
    expect(changed(({ spec }) => Object.assign(spec.containers[0] as object, { args: ['-u', 'all'] }))).not.toBe(same);
  });

  it('is the same where what is absent is written as null', () => {
    const told = changed(({ metadata, spec }) => {
      Object.assign(metadata, { annotations: null });
      Object.assign(spec.containers[0] as object, { env: null });
    });
    expect(told).toBe(digest(TEMPLATE));
  });

  it('is none without the container', () => {
    expect(podTemplateDigest(TEMPLATE, 'worker')).toBe(null);
    expect(podTemplateDigest(undefined, 'odoo')).toBe(null);
  });
});
