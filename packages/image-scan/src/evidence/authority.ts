import { FileError, readBounded } from '@tillgate/host';
import type { Sha256 } from '@tillgate/release';
import { BUNDLE_LIMIT, BundleError, verifiedStatement } from './bundle.ts';

/** Whom the policy believes about a file: named digests, keys, or nobody in particular. */
export interface Authority {
  digests: readonly Sha256[];
  signers: readonly string[];
  /** The policy takes the file although nobody vouches for it. */
  unsigned?: boolean;
}

/** Predicate type of a statement that vouches for the files it names, without saying more. */
export const VOUCHED_FILE = 'https://tillgate.dev/vouched-file/v1';

/**
 * Asks whether the policy lets these files be used together: every one named by digest, or all of them
 * subjects of one statement of type `vouched-file/v1`, in a bundle signed with a key of the policy.
 *
 * @param bundle where the signed statement would lie
 * @returns by what authority, for evidence, or the reason why not
 */
export async function vouchedFor(
  digests: readonly Sha256[],
  authority: Authority,
  bundle: string,
): Promise<{ by: string } | { refused: string }> {
  if (digests.every((digest) => authority.digests.includes(digest))) return { by: 'named by digest in the policy' };
  let refused = 'the policy does not name its digest';
  if (authority.signers.length > 0) {
    try {
      const statement = await verifiedStatement(await readBounded(bundle, BUNDLE_LIMIT), authority.signers);
      if (statement.predicateType !== VOUCHED_FILE)
        throw new BundleError(`it is a statement of type ${statement.predicateType.slice(0, 80)}`);
      if (digests.every((digest) => statement.subjects.has(digest))) return { by: `signed, ${bundle}` };
      throw new BundleError('it speaks of other files');
    } catch (cause) {
      if (!(cause instanceof BundleError || cause instanceof FileError)) throw cause;
      refused += `, and its signature does not count: ${cause.message}`;
    }
  }
  return authority.unsigned ? { by: 'taken unsigned, as the policy allows' } : { refused };
}
