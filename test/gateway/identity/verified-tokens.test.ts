import { describe, expect, test } from 'vitest';
import { createAuthenticator } from '../../../gateway/identity/authenticator.ts';
import type { Caller } from '../../../gateway/identity/caller.ts';
import { createVerifiedTokens } from '../../../gateway/identity/verified-tokens.ts';
import { createTestIssuer, goodClaims, NOW, sign } from './signing.ts';

const caller: Caller = { sub: 'alice', org: 'dev-a', role: 'developer' };

describe('verified tokens', () => {
  test('are trusted for a minute, and never past their end', () => {
    const tokens = createVerifiedTokens(10);
    tokens.keep('long', caller, 1_000, 10_000_000);
    tokens.keep('short', caller, 1_000, 2_000);
    expect(tokens.find('long', 60_999)).toBe(caller);
    expect(tokens.find('long', 61_000)).toBeNull();
    expect(tokens.find('short', 1_999)).toBe(caller);
    expect(tokens.find('short', 2_000)).toBeNull();
    expect(tokens.find('short', 1_500)).toBeNull();
  });

  test('are not trusted before they were checked: a clock set back buys nothing', () => {
    const tokens = createVerifiedTokens(10);
    tokens.keep('a', caller, 100_000, 10_000_000);
    expect(tokens.find('a', 99_999)).toBeNull();
  });

  test('give up the least recently used one', () => {
    const tokens = createVerifiedTokens(2);
    tokens.keep('a', caller, 0, 1_000);
    tokens.keep('b', caller, 0, 1_000);
    tokens.find('a', 1);
    tokens.keep('c', caller, 0, 1_000);
    expect([tokens.find('a', 1), tokens.find('b', 1), tokens.find('c', 1)]).toEqual([caller, null, caller]);
  });
});

describe('an authenticator that remembers', () => {
  test('checks the signature once, refuses the token when it is over, and never remembers a refusal', async () => {
    const issuer = await createTestIssuer();
    let now = NOW.getTime();
    let checks = 0;
    const keys: typeof issuer.source.keys = (...given) => {
      checks++;
      return issuer.source.keys(...given);
    };
    const source = { ...issuer.source, keys };
    const authenticate = createAuthenticator({ sources: [source], audience: 'sluice', clock: () => new Date(now) });
    const token = `Bearer ${await sign(issuer.privateKey)}`;
    await authenticate(token);
    await authenticate(token);
    expect(checks).toBe(1);
    now += (3600 + 61) * 1000;
    await expect(authenticate(token)).rejects.toMatchObject({ facts: { reason: 'expired' } });
    const bad = `Bearer ${await sign(issuer.privateKey, { ...goodClaims(), role: 'admin' })}`;
    await expect(authenticate(bad)).rejects.toBeInstanceOf(Error);
    await expect(authenticate(bad)).rejects.toBeInstanceOf(Error);
  });

  test('a remembered token does not vouch for one that differs in a single character', async () => {
    const issuer = await createTestIssuer();
    const authenticate = createAuthenticator({ sources: [issuer.source], audience: 'sluice', clock: () => NOW });
    const token = await sign(issuer.privateKey);
    await authenticate(`Bearer ${token}`);
    const [header, payload, signature = ''] = token.split('.');
    const other = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    await expect(authenticate(`Bearer ${other}`)).rejects.toMatchObject({ facts: { reason: 'signature' } });
  });
});
