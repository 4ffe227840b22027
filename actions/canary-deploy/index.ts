import { runAct } from '@tillgate/action-kit';
import { act } from './act.ts';

await runAct(act);
