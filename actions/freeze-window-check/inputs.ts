import { choice, duration, instant, path, text } from '@tillgate/action-kit';
import { PURPOSES } from '@tillgate/calendar';

export const inputs = {
  at: instant({
    description: 'The time to ask about. Other times than now are answered in `mode: report` only. Default: now.',
    optional: true,
  }),
  'deploy-duration': duration({
    description: 'How long the deployment takes. It can only lengthen what the policy says.',
    optional: true,
  }),
  'watch-duration': duration({
    description: 'How long the release is watched. It can only lengthen what the policy says.',
    optional: true,
  }),
  calendar: path({
    description:
      'A further calendar: an iCalendar file (`.ics`) in the workspace. Its events close; they open nothing.',
    optional: true,
  }),
  exceptions: text({
    description: 'Path of a file of approved exceptions, beside the policy on the default branch.',
    optional: true,
  }),
  'feed-copies': path({
    description:
      'Folder that keeps copies of calendar feeds between runs (with actions/cache, or on a runner of your own). Without it, a feed that cannot be reached is inconclusive.',
    optional: true,
  }),
  purpose: choice(PURPOSES, {
    description: '`recovery` passes every freeze, and the verdict then speaks for no release.',
    default: 'release',
  }),
};
