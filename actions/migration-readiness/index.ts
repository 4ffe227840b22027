import { runGate } from '@tillgate/action-kit';
import { gate } from './gate.ts';

await runGate(gate, { trusted: async (access) => (await import('@tillgate/github')).trustedBranch(access) });
