import { describe, expect, it } from '@jest/globals';
import { Cookies } from './cookies.ts';

describe('cookies of a session', () => {
  it('are sent back as RFC 6265 has it', () => {
    const cookies = new Cookies();
    cookies.take(['SID=31d4d96e407aad42; Path=/; Secure; HttpOnly', 'lang=en-US; Path=/; Domain=example.com']);
    // Section 3.1 of the RFC.
    expect(cookies.header()).toBe('SID=31d4d96e407aad42; lang=en-US');
    expect(cookies.count).toBe(2);
  });

  it('end where the answer says so', () => {
    const cookies = new Cookies();
    cookies.take('lang=en-US; Expires=Wed, 09 Jun 2100 10:18:14 GMT');
    expect(cookies.count).toBe(1);
    cookies.take('lang=; Expires=Sun, 06 Nov 1994 08:49:37 GMT');
    expect(cookies.header()).toBeUndefined();
    cookies.take('a=1');
    cookies.take('a=1; Max-Age=0');
    expect(cookies.count).toBe(0);
  });

  it('keep the value as it is, with its own equals signs', () => {
    const cookies = new Cookies();
    cookies.take('_sticky=aGVsbG8=; Path=/');
    expect(cookies.header()).toBe('_sticky=aGVsbG8=');
  });

  it('leave out what is none', () => {
    const cookies = new Cookies();
    cookies.take(['', '=nameless', 'no equals']);
    cookies.take(undefined);
    expect(cookies.count).toBe(0);
  });
});
