import { describe, expect, it } from '@jest/globals';
import { endpointsIn } from './pods.ts';

describe('who takes new requests', () => {
  it('is nobody where a slice is empty, which the API server writes as null', () => {
    expect(endpointsIn([{ metadata: { name: 'a' }, endpoints: null }])).toBe(0);
  });

  it('is each ready address once', () => {
    const endpoints = [
      { addresses: ['10.0.0.1'], conditions: { ready: true } },
      { addresses: ['10.0.0.2'], conditions: { ready: false } },
      { addresses: ['10.0.0.3'], conditions: { ready: true, terminating: true } },
    ];
    const slice = { metadata: { name: 'a' }, endpoints };
    expect(endpointsIn([slice, { ...slice, metadata: { name: 'b' } }])).toBe(1);
  });
});
