import { runGate } from '@tillgate/action-kit';
import { gate } from './gate.ts';
import { keepHeapSmall } from './small-heap.ts';

keepHeapSmall();
await runGate(gate, { trusted: async (access) => (await import('@tillgate/github')).trustedBranch(access) });
