/**
 * Follows the pods of a cluster and keeps a file of those that are to be scraped, because Debian's
 * Prometheus is built without discovery by Kubernetes. Its orders are its only argument, as JSON.
 */
import { readFileSync } from 'node:fs';
import { writeWhole } from '@tillgate/host';
import { Api } from '../cluster/api.ts';
import { type ScrapedPod, type Target, targetOf } from './pod-targets.ts';

/** From the first news to the writing of the file: pods often change several at once. */
const SETTLE_MS = 50;

export interface PodTargetsOrders {
  port: number;
  caFile: string;
  tokenFile: string;
  /** Namespaces to look into; all of them where there is none. */
  namespaces: readonly string[];
  file: string;
}

const { port, caFile, tokenFile, namespaces, file } = JSON.parse(process.argv[2] ?? '') as PodTargetsOrders;
const api = new Api({ port, ca: readFileSync(caFile, 'utf8'), token: readFileSync(tokenFile, 'utf8') });
const targets = new Map<string, Target>();
let due = false;
let written = Promise.resolve();

function write(): void {
  due = false;
  const text = JSON.stringify([...targets.values()]);
  written = written.then(() => writeWhole(file, text));
}

const paths = namespaces.length === 0 ? ['/api/v1/pods'] : namespaces.map((of) => `/api/v1/namespaces/${of}/pods`);
for (const path of paths) {
  const follows = api.follow<ScrapedPod>(
    path,
    ({ type, object }) => {
      const uid = object.metadata.uid ?? '';
      const target = type === 'DELETED' ? undefined : targetOf(object);
      if (target) targets.set(uid, target);
      else targets.delete(uid);
      if (!due) setTimeout(write, SETTLE_MS);
      due = true;
    },
    new AbortController().signal,
  );
  follows.catch((cause) => {
    throw cause;
  });
}
