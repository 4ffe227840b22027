import { describe, expect, it } from '@jest/globals';
import { subjectOf } from '@tillgate/release';
import { digestOfAll, exampleRecord } from './example-record.test-kit.ts';
import { statementOf } from './statement.ts';

/** What the specifications ask for: in-toto Statement v1 and SLSA verification summary v1.0. */
describe('the statement of a record', () => {
  const { predicate, ...statement } = statementOf(exampleRecord());

  it('is about every artifact by sha256, and about the git commit', () => {
    expect(statement).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [
        { name: 'corner-shops/odoo', digest: { sha256: '1'.repeat(64) } },
        { name: 'example/corner-shops', digest: { gitCommit: 'a'.repeat(40) } },
      ],
      predicateType: 'https://slsa.dev/verification_summary/v1',
    });
  });

  it('is a verification summary for those who know nothing of ours', () => {
    const summary = Object.fromEntries(Object.entries(predicate).filter(([name]) => !name.includes(':')));
    expect(summary).toEqual({
      verifier: { id: expect.stringMatching(/^https:/) },
      timeVerified: '2026-11-23T09:00:00.000Z',
      resourceUri: expect.stringMatching(/^https:.*sha256:[0-9a-f]{64}$/),
      policy: {
        uri: 'git+https://github.com/example/corner-shops#.github/release-policy.yml',
        digest: { sha256: '2'.repeat(64) },
      },
      inputAttestations: [
        { uri: expect.stringMatching(/freeze-window-check$/), digest: { sha256: '4'.repeat(64) } },
        { uri: expect.stringMatching(/image-scan-gate$/), digest: { sha256: '5'.repeat(64) } },
      ],
      verificationResult: 'PASSED',
      verifiedLevels: ['TILLGATE_HIGH_RISK'],
    });
  });

  it('names every member of ours by a URI', () => {
    const own = Object.entries(predicate).filter(([name]) => name.includes(':'));
    const record = exampleRecord();
    expect(Object.fromEntries(own)).toEqual(
      Object.fromEntries(
        Object.entries(record).map(([name, value]) => [`https://tillgate.dev/record/v1/${name}`, value]),
      ),
    );
  });

  it('names all artifacts, configuration too', () => {
    const { commit, environment } = exampleRecord().release;
    const release = subjectOf({
      commit,
      environment,
      artifacts: [
        { kind: 'image', name: 'odoo', digest: digestOfAll('1') },
        { kind: 'config', name: 'settings', digest: digestOfAll('2') },
      ],
    });
    const digests = statementOf(exampleRecord({ release })).subject.map(
      ({ digest }) => digest.sha256 ?? digest.gitCommit,
    );
    expect(digests.toSorted()).toEqual(['1'.repeat(64), '2'.repeat(64), 'a'.repeat(40)].toSorted());
  });
});
