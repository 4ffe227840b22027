import { runGate } from '@tillgate/action-kit';
import { trustedBranch } from '@tillgate/github';
import { gate } from './gate.ts';

await runGate(gate, { trusted: trustedBranch });
