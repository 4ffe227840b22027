import type { Rule, RuleId } from '@tillgate/release';
import { cut, type ScanSeen } from '../seen.ts';
import { exampleScan } from './example-scan.ts';

/** What can keep a scan from being believed: the rule's words, and an example of what it says. */
const TROUBLES: readonly { id: RuleId; meaning: string; why: string; remedy: string; example: string }[] = [
  {
    id: 'scan/image-unreadable',
    meaning: 'The image cannot be found, or is not what its digest says.',
    why: 'What cannot be read cannot be judged.',
    remedy: 'Push the image before the gate runs, check the digest, and log in to the registry.',
    example: 'The registry has no manifest of this digest.',
  },
  {
    id: 'scan/platform-missing',
    meaning: 'The image was to be there for a platform and is not.',
    why: 'What runs on the other nodes would not have been judged.',
    remedy: 'Build the image for every platform named in `platforms`.',
    example: 'The image has no variant for linux/arm64.',
  },
  {
    id: 'scan/tool-not-accepted',
    meaning: 'The scanner is not one that the policy accepts.',
    why: 'Whoever can exchange the scanner decides what it finds. In March 2026 published Trivy releases carried code that stole credentials.',
    remedy:
      'Install Trivy by its sha256, and name version and sha256 in imageScan.trivy.accepted of the policy (docs/how-to/accept-a-trivy.md).',
    example: 'The Trivy binary has a digest that is not in the policy.',
  },
  {
    id: 'scan/tool-failed',
    meaning: 'The scanner did not work.',
    why: 'A scan that did not end has found nothing because it did not look.',
    remedy: 'Mend the cause that the message names and run the gate again.',
    example: 'Trivy 0.72.0 ended with 1.',
  },
  {
    id: 'scan/database-unusable',
    meaning: 'The vulnerability database is missing, damaged, or of a schema that is not understood.',
    why: 'An empty database finds nothing in any image.',
    remedy:
      'Fetch the database again: a folder with trivy.db and metadata.json, or a repository that holds a database of Trivy and that the runner reaches.',
    example: 'trivy.db is a folder.',
  },
  {
    id: 'scan/database-not-accepted',
    meaning: 'Nobody whom the policy believes vouches for the vulnerability database.',
    why: 'Whoever can exchange the database decides what is found.',
    remedy:
      'Let the gate fetch it from a repository in imageScan.database.repositories, or have it signed with a key in imageScan.database.signers.',
    example: 'The database may not be used: the policy does not name its digest.',
  },
  {
    id: 'scan/database-too-old',
    meaning: 'The vulnerability database is older than the policy allows.',
    why: 'What was found since then is not in it.',
    remedy: 'Fetch a current database before the gate.',
    example: 'The vulnerability database is 60 hours old; the policy takes at most 48 hours.',
  },
  {
    id: 'scan/report-unusable',
    meaning: 'The report is truncated, of another schema, or was made with findings left out.',
    why: 'A part of a report is no report.',
    remedy: 'Make the report again with a current Trivy and without ignore files.',
    example: 'The report is of schema 1; schema 2 is read.',
  },
  {
    id: 'scan/report-not-accepted',
    meaning: 'Nobody whom the policy believes has signed the report, or it is too old.',
    why: 'A report is a file: anybody could have written it.',
    remedy: 'Sign the report with a key in imageScan.reports.signers, or let the gate scan by itself.',
    example: 'The report has no signature that counts.',
  },
  {
    id: 'scan/wrong-artifact',
    meaning: 'The report is about another image or platform than the release.',
    why: 'A clean report about another image says nothing.',
    remedy: 'Scan the very image that is released, by digest.',
    example: 'The report is about another image id.',
  },
  {
    id: 'scan/baseline-unknown',
    meaning: 'An image that production runs could not be scanned, so what is new is not known.',
    why: 'Guessing what production runs would let new holes pass as old ones.',
    remedy: 'Keep the images that run in the registry until they are replaced, and let the gate read them.',
    example: 'The image that production runs cannot be found.',
  },
  {
    id: 'scan/acceptance-unusable',
    meaning: 'A file that should accept or aggravate findings cannot be used.',
    why: 'What it says does not count, and whoever gave it believes that it does.',
    remedy: 'Mend the file, and have it vouched for as the policy asks.',
    example: 'The OpenVEX document is no JSON.',
  },
];

/** Rules for what could not be known: each makes the gate inconclusive. */
export const couldNotKnow: readonly Rule<ScanSeen>[] = TROUBLES.map(({ id, meaning, why, remedy, example }) => ({
  id,
  meaning,
  why,
  remedy,
  bad: [
    {
      title: example,
      seen: exampleScan({ troubles: [{ rule: id, key: 'example', message: example }] }),
      severity: 'unknown',
    },
  ],
  good: [{ title: 'everything could be known', seen: exampleScan() }],
  judge: (seen) =>
    cut(
      seen.troubles.filter(({ rule }) => rule === id),
      (trouble) => ({
        rule: id,
        key: trouble.key,
        severity: 'unknown' as const,
        message: trouble.message,
        remedy: trouble.remedy ?? remedy,
      }),
    ),
}));
