import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { textOf } from '../components/text-of.ts';

/** Keys with which Debian signs its releases; of the package debian-archive-keyring. */
export const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Debian's archives: the releases themselves, and what has been mended since by the security team. */
type Archive = 'Debian' | 'Debian-Security';

/** Variables that name a mirror where the machine is no Debian. */
const VARIABLES = {
  Debian: 'TILLGATE_DEBIAN_MIRROR',
  'Debian-Security': 'TILLGATE_DEBIAN_SECURITY_MIRROR',
} as const satisfies Record<Archive, string>;

/** Address of the mirror of an archive that this machine's apt is configured for, or why there is none. */
export async function debianMirror(archive: Archive = 'Debian'): Promise<{ address: string } | { because: string }> {
  if (!existsSync(KEYRING)) {
    return {
      because: `${KEYRING} is missing, without which nothing from Debian is trusted: install debian-archive-keyring`,
    };
  }
  const named = process.env[VARIABLES[archive]];
  if (named) return { address: named };
  const format = '$(REPO_URI)|$(LABEL)|$(COMPONENT)';
  const targets = await textOf('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], {
    cwd: tmpdir(),
  }).catch(() => undefined);
  if (targets === undefined) return { because: 'there is no apt-get, with which Debian packages are fetched' };
  const line = targets.split('\n').find((each) => each.endsWith(`|${archive}|main`));
  const address = line?.split('|')[0];
  if (address) return { address };
  return { because: `apt is configured for no mirror of ${archive}: name one in ${VARIABLES[archive]}` };
}
