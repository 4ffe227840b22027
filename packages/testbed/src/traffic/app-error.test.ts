import { describe, expect, it } from '@jest/globals';
import { appError } from './app-error.ts';

const json = 'application/json; charset=utf-8';

describe('an error in the body of an answer with status 200', () => {
  it('has the name that Odoo gives', () => {
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      error: { code: 200, message: 'Odoo Server Error', data: { name: 'odoo.exceptions.UserError', debug: '…' } },
    });
    expect(appError(json, body)).toBe('jsonrpc: odoo.exceptions.UserError');
  });

  it('is told by message or code where there is no name', () => {
    // The examples of the JSON-RPC 2.0 specification, section 7.
    expect(
      appError(json, '{"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "1"}'),
    ).toBe('jsonrpc: Method not found');
    expect(appError(json, '{"error": {"code": -32700}}')).toBe('jsonrpc: -32700');
    expect(appError(json, '{"error": "no such order"}')).toBe('jsonrpc: no such order');
  });

  it('is none in a result, also one that speaks of errors, and none in a page', () => {
    expect(appError(json, '{"jsonrpc": "2.0", "result": -19, "id": 2}')).toBe('');
    expect(appError(json, '{"jsonrpc": "2.0", "result": {"error": "a field of this name"}, "id": 2}')).toBe('');
    expect(appError(json, '{"jsonrpc": "2.0", "result": 1, "error": null}')).toBe('');
    expect(appError('text/html', '<p>{"error": 1}</p>')).toBe('');
  });

  it('is one where what calls itself JSON is none', () => {
    expect(appError(json, '{"error": ')).toBe('jsonrpc: not JSON');
  });

  it('has a name of bounded length', () => {
    expect(appError(json, JSON.stringify({ error: { message: 'x'.repeat(1e4) } }))).toHaveLength(200);
  });
});
