import { describe, expect, it } from '@jest/globals';
import { openDescription } from './description.ts';
import { ENDPOINTS } from './endpoints/index.ts';
import { OPERATIONS } from './operations.ts';

const description = openDescription();

describe('GitHub’s description', () => {
  it.each(OPERATIONS)('judges %s', (operation) => {
    const judged = [200, 201].filter(
      (status) => !description.faultOfAnswer(operation, status, 7)?.includes('not described'),
    );
    expect(judged).toHaveLength(1);
    for (const status of judged)
      expect(description.faultOfAnswer(operation, status, 7)).toMatch(/must be (object|array)/);
    expect(description.faultOfAnswer(operation, 404, { message: 'Not Found' })).toBeUndefined();
    expect(description.faultOfAnswer(operation, 404, { message: 404 })).toBeDefined();
    expect(description.faultOfAnswer(operation, 418, {})).toContain('not described');
  });

  it('has an endpoint for each operation but those that belong to no repository', () => {
    expect(OPERATIONS.filter((operation) => !ENDPOINTS[operation])).toEqual(['GET /', 'GET /rate_limit']);
  });

  it('lets null in where GitHub gives null, with or without a type beside it, and nowhere else', () => {
    const commit = { ...description.blank('commit'), author: null };
    expect(description.faultOfAnswer('GET /repos/{owner}/{repo}/commits/{ref}', 200, commit)).toBeUndefined();
    const unknown = { ...commit, sha: null };
    expect(description.faultOfAnswer('GET /repos/{owner}/{repo}/commits/{ref}', 200, unknown)).toContain(
      'sha must be string',
    );
  });

  it('takes an empty address where GitHub’s own default is empty, and no other text', () => {
    const operation = 'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses';
    const status = { ...description.blank('deployment-status'), state: 'success', creator: null };
    expect(description.faultOfAnswer(operation, 201, { ...status, target_url: '' })).toBeUndefined();
    expect(description.faultOfAnswer(operation, 201, { ...status, state: 'splendid' })).toContain('state');
  });

  it('says what is wrong with a request', () => {
    const fault = description.faultOfRequest('POST /repos/{owner}/{repo}/deployments', { environment: 'production' });
    expect(fault).toBe("body must have required property 'ref'");
  });
});
