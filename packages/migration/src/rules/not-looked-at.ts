import type { Finding, Rule } from '@tillgate/release';
import type { MigrationSeen } from '../seen.ts';
import { CODE_ONLY, database, NEW, OLD } from './example.ts';

/** What only one version was heard about is not known. */
export const notLookedAt: Rule<MigrationSeen> = {
  id: 'migration/not-looked-at',
  meaning: 'A database was looked at by one of the versions only, or the two looked at different ones.',
  why: 'Whether two versions may share a database is known only where both have looked at the same one.',
  remedy: 'Run deploy/odoo-facts/odoo_facts.py in both images against every database behind the route.',
  bad: [
    {
      title: 'the new version has not looked',
      seen: { ...CODE_ONLY, new: [database(NEW, { database: 'other' })] },
      severity: 'unknown',
    },
    {
      title: 'two databases have the same name',
      seen: { ...CODE_ONLY, new: [database(NEW, { uuid: 'another' })] },
      severity: 'unknown',
    },
  ],
  good: [{ title: 'both versions looked at the same databases', seen: CODE_ONLY }],
  judge({ old, new: fresh }) {
    const say = (name: string, message: string): Finding => ({
      rule: this.id,
      severity: 'unknown',
      key: name,
      unit: name,
      message,
      remedy: this.remedy,
    });
    const of = (all: MigrationSeen['old'], name: string) => all.find(({ database: one }) => one === name);
    const names = [...new Set([...old, ...fresh].map(({ database: name }) => name))].sort();
    const half = names.filter((name) => !of(old, name) || !of(fresh, name));
    if (half.length > 0) {
      const [first] = half as [string];
      const who = of(old, first) ? 'the new version' : 'the old version';
      const more = half.length > 1 ? ` and ${half.length - 1} more databases were looked at by one version only` : '';
      return [say(first, `${who} did not look at ${first}${more}.`)];
    }
    return names.flatMap((name) =>
      of(old, name)?.uuid === of(fresh, name)?.uuid
        ? []
        : [say(name, `What is called ${name} is one database for the old version and another for the new one.`)],
    );
  },
};

/** Facts of other images say nothing about these. */
export const otherImage: Rule<MigrationSeen> = {
  id: 'migration/other-image',
  meaning: 'The facts were not made in the image that production runs, or not in the one that is released.',
  why: 'What another image found says nothing about this release.',
  remedy: 'Make the facts again: set TILLGATE_IMAGE to the digest of the image in which the script runs.',
  bad: [
    {
      title: 'production runs another image',
      seen: { ...CODE_ONLY, running: NEW, old: [database(OLD)] },
      severity: 'unknown',
    },
    { title: 'it is not told what runs', seen: { ...CODE_ONLY, running: undefined }, severity: 'unknown' },
    { title: 'the new facts are of the old image', seen: { ...CODE_ONLY, new: [database(OLD)] }, severity: 'unknown' },
  ],
  good: [{ title: 'each was made in its own image', seen: CODE_ONLY }],
  judge({ running, released, old, new: fresh }) {
    const wrong = (all: MigrationSeen['old'], image: string | undefined) => all.find((one) => one.image !== image);
    const say = (key: string, is: string | undefined, wanted: string | undefined): Finding => ({
      rule: this.id,
      severity: 'unknown',
      key,
      message: `The facts of the ${key} version were made in ${is}; ${wanted === undefined ? 'which image is meant is not known' : `that version is ${wanted}`}.`,
      remedy: this.remedy,
    });
    const [before, after] = [wrong(old, running), wrong(fresh, released)];
    return [
      ...(before ? [say('old', before.image, running)] : []),
      ...(after ? [say('new', after.image, released)] : []),
    ];
  },
};

/** Databases change: modules are installed by their users. */
export const tooOld: Rule<MigrationSeen> = {
  id: 'migration/too-old',
  meaning: 'The facts are older than they may be, or of the future.',
  why: 'Databases change: a module that was installed since may need an update that nobody knows of.',
  remedy: 'Make the facts again, shortly before the release.',
  bad: [
    { title: 'they are of last week', seen: { ...CODE_ONLY, now: '2026-11-30T10:00:00.000Z' }, severity: 'unknown' },
    { title: 'they are of tomorrow', seen: { ...CODE_ONLY, now: '2026-11-22T10:00:00.000Z' }, severity: 'unknown' },
  ],
  good: [{ title: 'they are an hour old', seen: CODE_ONLY }],
  judge({ old, new: fresh, now, maxAgeMs }) {
    const ages = [...old, ...fresh].map(({ observedAt }) => Date.parse(now) - Date.parse(observedAt));
    const fits = (age: number) => age <= maxAgeMs && age >= -60_000;
    const worst = ages.find((age) => !fits(age));
    if (worst === undefined) return [];
    const message =
      worst < 0
        ? 'The facts were made in the future: a clock is wrong.'
        : `The facts are ${Math.round(worst / 3_600_000)} h old; ${Math.round(maxAgeMs / 3_600_000)} h are allowed.`;
    return [{ rule: this.id, severity: 'unknown', key: 'age', message, remedy: this.remedy }];
  },
};
