import { loadPolicy } from '@tillgate/policy';
import type { Sha256 } from '@tillgate/release';
import { isMap, isSeq, parseDocument } from 'yaml';

const PATH = ['imageScan', 'trivy', 'accepted'] as const;

/**
 * Adds a Trivy to those that a policy accepts. Comments and everything else in the file stay as they are; the result
 * is read as the gate reads it before it is given back.
 *
 * @param text the policy file
 * @param name how the file is called in messages
 * @returns the new text; the same one where this digest is accepted already
 * @throws PolicyError, YamlError when the file is no policy, before or after
 */
export function acceptTrivy(text: string, name: string, trivy: { version: string; sha256: Sha256 }): string {
  const { accepted } = loadPolicy(Buffer.from(text), name).policy.imageScan.trivy;
  if (accepted.some(({ sha256 }) => sha256 === trivy.sha256)) return text;
  const document = parseDocument(text);
  const entry = document.createNode(trivy);
  if (isMap(entry)) entry.flow = true;
  const list = document.getIn(PATH, true);
  if (isSeq(list)) list.add(entry);
  else document.setIn(PATH, document.createNode([entry]));
  const changed = document.toString({ lineWidth: 0 });
  loadPolicy(Buffer.from(changed), name);
  return changed;
}
