import type { KubeObject, Writer } from '@tillgate/kubernetes';
import { MANAGER } from './names.ts';

interface EventOptions {
  namespace: string;
  deployment: string;
  /** UID of the Deployment that the events are about. */
  uid: string;
}

/**
 * Tells a delivery's steps as Events on the Deployment, where `kubectl describe` shows them. An event that cannot be
 * written is told to `lost` and costs nothing else: a delivery does not rest on them.
 */
export function eventsOn(writer: Writer, { namespace, deployment, uid }: EventOptions, lost: (why: string) => void) {
  let count = 0;
  return async (type: 'Normal' | 'Warning', reason: string, message: string): Promise<void> => {
    try {
      const at = new Date(await writer.now()).toISOString();
      const name = `${deployment}.${Date.parse(at).toString(16)}.${(count++).toString(16)}`;
      const event = {
        type,
        reason: reason.replace(/[^A-Za-z0-9]/g, '').slice(0, 128),
        message: message.slice(0, 1024),
        action: 'Deliver',
        reportingComponent: MANAGER,
        reportingInstance: MANAGER,
        source: { component: MANAGER },
        firstTimestamp: at.replace(/\.\d+Z$/, 'Z'),
        lastTimestamp: at.replace(/\.\d+Z$/, 'Z'),
        count: 1,
        involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: deployment, uid },
      };
      await writer.create<KubeObject & typeof event>({ kind: 'Event', namespace, name }, event);
    } catch (cause) {
      lost((cause as Error).message);
    }
  };
}
