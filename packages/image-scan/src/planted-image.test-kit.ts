import { type Layout, makeShopImage, shopPackages } from '@tillgate/testbed/registry';
import { COMMIT } from './real-scan.test-kit.ts';

/** What somebody would plant who wants a finding to vanish. */
export const IGNORE = 'CVE-2023-4863\nCVE-2026-4437\n';
export const TRIVY_YAML = 'ignorefile: .trivyignore\nseverity: [LOW]\nscan:\n  skip-dirs: ["**"]\n';

/** An image with a vulnerable libwebp, and with every file in it that could talk a scanner out of saying so. */
export async function plantedImage(into: string): Promise<Layout> {
  const packages = shopPackages({ libwebp7: '1.2.4-0.2', libc6: '2.36-9+deb12u14' });
  const vex = JSON.stringify({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': 'https://openvex.dev/docs/inside',
    timestamp: '2026-11-20T00:00:00Z',
    statements: [
      {
        vulnerability: { name: 'CVE-2023-4863' },
        products: [{ '@id': 'pkg:deb/debian/libwebp7' }],
        status: 'not_affected',
        justification: 'vulnerable_code_not_present',
      },
    ],
  });
  return makeShopImage({
    version: '19.0.3',
    packages,
    labels: { 'org.opencontainers.image.revision': COMMIT },
    files: [
      { path: '.vex/shop.openvex.json', content: vex },
      { path: 'usr/share/vex/shop.openvex.json', content: vex },
      { path: '.trivyignore', content: IGNORE },
      { path: 'trivy.yaml', content: TRIVY_YAML },
    ],
    into,
  });
}
