import { describe, expect, it } from '@jest/globals';
import { type ScrapedPod, targetOf } from './pod-targets.ts';

const pod: ScrapedPod = {
  metadata: {
    name: 'shop-1',
    namespace: 'retail',
    labels: { app: 'shop', version: 'v2', 'pod-template-hash': 'x' },
    annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8069' },
  },
  status: { podIP: '10.244.0.7', conditions: [{ type: 'Ready', status: 'True' }] },
};
const but = (metadata: Partial<ScrapedPod['metadata']>, status: ScrapedPod['status'] = {}): ScrapedPod => ({
  metadata: { ...pod.metadata, ...metadata },
  status: { ...pod.status, ...status },
});

describe('a pod that asks to be scraped', () => {
  it('is a target with the labels that tell it apart', () => {
    expect(targetOf(pod)).toEqual({
      targets: ['10.244.0.7:8069'],
      labels: { pod: 'shop-1', namespace: 'retail', app: 'shop', version: 'v2' },
    });
  });

  it.each([
    ['not ready', but({}, { conditions: [{ type: 'Ready', status: 'False' }] })],
    ['without conditions yet', but({}, { conditions: [] })],
    ['on its way out', but({ deletionTimestamp: '2026-01-01T00:00:00Z' })],
    ['silent', but({ annotations: {} })],
    ['refusing', but({ annotations: { 'prometheus.io/scrape': 'false', 'prometheus.io/port': '1' } })],
    ['without a port', but({ annotations: { 'prometheus.io/scrape': 'true' } })],
    ['without an address', { metadata: pod.metadata, status: { conditions: [{ type: 'Ready', status: 'True' }] } }],
  ] as [string, ScrapedPod][])('is none while %s', (_, of) => {
    expect(targetOf(of)).toBeUndefined();
  });
});
