import { type CryptoKey, exportSPKI, importJWK } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Authenticator, createAuthenticator } from '../../../gateway/identity/authenticator.ts';
import { ROLES } from '../../../gateway/identity/caller.ts';
import { createTestIssuer, goodClaims, ISSUER, NOW, sign, type TestIssuer, unsigned } from './signing.ts';

/**
 * Goal: nobody is taken for whom no trusted issuer vouches.
 * Method: each attack spoils one thing of a token that the control shows to be accepted.
 */

let issuer: TestIssuer;
let other: TestIssuer;
let authenticate: Authenticator;

beforeAll(async () => {
  issuer = await createTestIssuer();
  other = await createTestIssuer('https://other.example');
  authenticate = createAuthenticator({ sources: [issuer.source, other.source], audience: 'sluice', clock: () => NOW });
});

const ask = (token: string) => authenticate(`Bearer ${token}`);
const now = NOW.getTime() / 1000;

async function expectRefused(token: string, reason: string): Promise<void> {
  await expect(ask(token)).rejects.toMatchObject({ code: 'TOKEN_INVALID', facts: { reason } });
}

describe('control', () => {
  test('a valid token names its caller', async () => {
    expect(await ask(await sign(issuer.privateKey))).toEqual({ sub: 'alice', org: 'dev-a', role: 'developer' });
  });

  test.each(ROLES)('the role %s is known', async (role) => {
    expect(await ask(await sign(issuer.privateKey, { ...goodClaims(), role }))).toMatchObject({ role });
  });

  test.each(['ES256', 'RS256', 'PS256', 'Ed25519'])('%s is accepted', async (alg) => {
    const signer = await createTestIssuer(ISSUER, alg);
    const check = createAuthenticator({ sources: [signer.source], audience: 'sluice', clock: () => NOW });
    const token = await sign(signer.privateKey, goodClaims(), { alg });
    expect(await check(`Bearer ${token}`)).toMatchObject({ sub: 'alice' });
  });

  test('a clock that is 59 s apart does not matter', async () => {
    await ask(await sign(issuer.privateKey, { ...goodClaims(), exp: now - 59 }));
    await ask(await sign(issuer.privateKey, { ...goodClaims(), nbf: now + 59, iat: now + 59 }));
  });

  test('one audience of several is enough, and the scheme is case-insensitive', async () => {
    const token = await sign(issuer.privateKey, { ...goodClaims(), aud: ['other', 'sluice'] });
    expect(await authenticate(`bearer  ${token}`)).toMatchObject({ sub: 'alice' });
  });
});

describe('no token', () => {
  test.each([undefined, '', '   ', 'Basic YTpi', 'token'])('%j is TOKEN_MISSING', async (header) => {
    await expect(authenticate(header)).rejects.toMatchObject({ code: 'TOKEN_MISSING' });
  });

  test.each(['Bearer', 'Bearer x', 'Bearer a.b', 'Bearer a.b.c.d', 'Bearer a.b.c, Bearer d.e.f', 'Bearer ä.b.c'])(
    '%j is malformed',
    async (header) => {
      await expect(authenticate(header)).rejects.toMatchObject({
        code: 'TOKEN_INVALID',
        facts: { reason: 'signature' },
      });
    },
  );

  test('a token that is too long is not read', async () => {
    const token = await sign(issuer.privateKey, { ...goodClaims(), note: 'x'.repeat(8_000) });
    await expectRefused(token, 'claims');
  });
});

describe('algorithm', () => {
  test.each(['none', 'None', 'NONE', 'nOnE', ''])('alg %j', async (alg) => {
    const token = unsigned({ alg, typ: 'JWT', kid: 'k1' }, goodClaims());
    await expectRefused(token, alg === '' ? 'signature' : 'algorithm');
  });

  test('HS256 with the public key as the secret', async () => {
    const key = await importJWK(issuer.publicJwk, 'EdDSA', { extractable: true });
    const x = Buffer.from(issuer.publicJwk.x ?? '', 'base64url');
    const secrets = [x, Buffer.from(JSON.stringify(issuer.publicJwk)), Buffer.from(await exportSPKI(key as CryptoKey))];
    for (const secret of secrets) {
      await expectRefused(await sign(new Uint8Array(secret), goodClaims(), { alg: 'HS256' }), 'algorithm');
    }
  });

  test('an asymmetric algorithm outside the list', async () => {
    const signer = await createTestIssuer(ISSUER, 'ES384');
    await expectRefused(await sign(signer.privateKey, goodClaims(), { alg: 'ES384' }), 'algorithm');
  });

  test('a critical header that is not understood', async () => {
    const token = await sign(issuer.privateKey).then((good) => {
      const [, payload, signature] = good.split('.');
      const header = { alg: 'EdDSA', kid: 'k1', crit: ['x'], x: 1 };
      return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`;
    });
    await expectRefused(token, 'algorithm');
  });
});

describe('signature', () => {
  test('another key under the same key id', async () => {
    const forger = await createTestIssuer();
    expect(forger.publicJwk.kid).toBe(issuer.publicJwk.kid);
    await expectRefused(await sign(forger.privateKey), 'signature');
  });

  test('a key that the header brings or points to is not used', async () => {
    const forger = await createTestIssuer();
    const headers = [
      { jwk: forger.publicJwk },
      { jku: 'https://evil.example/jwks.json' },
      { x5u: 'https://evil.example/cert.pem' },
      { kid: '../../../../dev/null' },
      { jwk: forger.publicJwk, kid: undefined },
    ];
    for (const header of headers) await expectRefused(await sign(forger.privateKey, goodClaims(), header), 'signature');
  });

  test('a changed payload', async () => {
    const [header, , signature] = (await sign(issuer.privateKey)).split('.');
    const payload = Buffer.from(JSON.stringify({ ...goodClaims(), role: 'security' })).toString('base64url');
    await expectRefused(`${header}.${payload}.${signature}`, 'signature');
  });

  test('one trusted issuer cannot sign in the name of another', async () => {
    await expectRefused(await sign(other.privateKey), 'signature');
    const own = await sign(other.privateKey, { ...goodClaims(), iss: 'https://other.example' });
    expect(await ask(own)).toMatchObject({ sub: 'alice' });
  });
});

describe('times', () => {
  test('expired', async () => {
    await expectRefused(await sign(issuer.privateKey, { ...goodClaims(), exp: now - 61 }), 'expired');
  });

  test.each([
    ['nbf to come', { nbf: now + 61 }],
    ['iat to come', { iat: now + 61 }],
    ['no exp', { exp: undefined }],
    ['no iat', { iat: undefined }],
    ['exp as text', { exp: String(now + 3600) }],
    ['nbf as text', { nbf: '0' }],
  ])('%s', async (_, spoilt) => {
    await expectRefused(await sign(issuer.privateKey, { ...goodClaims(), ...spoilt }), 'claims');
  });
});

describe('claims', () => {
  test.each<[string, Record<string, unknown>]>([
    ['an unknown issuer', { iss: 'https://evil.example' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'other' }],
    ['no audience', { aud: undefined }],
    ['no subject', { sub: undefined }],
    ['two roles', { role: ['developer', 'security'] }],
    ['one role in a list', { role: ['developer'] }],
    ['a role that does not exist', { role: 'admin' }],
    ['a role of Object.prototype', { role: 'toString' }],
    ['a role in capitals', { role: 'Security' }],
    ['a role with a space', { role: 'developer ' }],
    ['no role', { role: undefined }],
    ['no organisation', { org: undefined }],
    ['an organisation with a line break', { org: 'dev-a\nrole: security' }],
    ['an organisation with NUL', { org: 'dev-a\u0000' }],
    ['an organisation with a terminal escape', { org: 'dev\u001b[2J' }],
    ['an organisation with look-alike letters', { org: 'dеv-a' }],
    ['an organisation that is an object', { org: { id: 'dev-a' } }],
    ['an organisation that is too long', { org: 'a'.repeat(65) }],
    ['an empty organisation', { org: '' }],
    ['a subject that is a number', { sub: 7 }],
    ['a subject with a quote', { sub: 'a"b' }],
    ['a subject that is too long', { sub: 'a'.repeat(129) }],
  ])('%s', async (_, spoilt) => {
    await expectRefused(await sign(issuer.privateKey, { ...goodClaims(), ...spoilt }), 'claims');
  });

  test('a token of another type', async () => {
    await expectRefused(await sign(issuer.privateKey, goodClaims(), { typ: 'logout+jwt' }), 'claims');
    expect(await ask(await sign(issuer.privateKey, goodClaims(), { typ: 'at+jwt' }))).toMatchObject({ sub: 'alice' });
  });

  test('claims under other names, as an issuer may have them', async () => {
    const source = { ...issuer.source, roleClaim: 'https://sluice/role', orgClaim: 'tenant' };
    const check = createAuthenticator({ sources: [source], audience: 'sluice', clock: () => NOW });
    const renamed = { ...goodClaims(), role: 'security', 'https://sluice/role': 'provider', tenant: 'tax' };
    const token = await sign(issuer.privateKey, renamed);
    expect(await check(`Bearer ${token}`)).toEqual({ sub: 'alice', org: 'tax', role: 'provider' });
  });
});

test('a refusal says one word and nothing of the token', async () => {
  const error = await ask(await sign(issuer.privateKey, { ...goodClaims(), org: 'canary canary' })).catch(
    (e: unknown) => e,
  );
  expect(JSON.stringify(error)).not.toContain('canary');
  expect(error).toMatchObject({ facts: { reason: 'claims' } });
  expect(error).not.toHaveProperty('cause');
});
