import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { textOf } from '../components/text-of.ts';

/** Keys with which Debian signs its releases; of the package debian-archive-keyring. */
export const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Address of the Debian mirror that this machine's apt is configured for, or why there is none.
 * TILLGATE_DEBIAN_MIRROR names one where the machine is no Debian.
 */
export async function debianMirror(): Promise<{ address: string } | { because: string }> {
  if (!existsSync(KEYRING)) {
    return {
      because: `${KEYRING} is missing, without which nothing from Debian is trusted: install debian-archive-keyring`,
    };
  }
  const named = process.env.TILLGATE_DEBIAN_MIRROR;
  if (named) return { address: named };
  const format = '$(REPO_URI)|$(LABEL)|$(COMPONENT)';
  const targets = await textOf('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], {
    cwd: tmpdir(),
  }).catch(() => undefined);
  if (targets === undefined) return { because: 'there is no apt-get, with which Debian packages are fetched' };
  const line = targets.split('\n').find((each) => each.endsWith('|Debian|main'));
  const address = line?.split('|')[0];
  if (address) return { address };
  return { because: 'apt is configured for no Debian mirror: name one in TILLGATE_DEBIAN_MIRROR' };
}
