import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Config, readConfig } from '../../../gateway/config.ts';
import { createAuthenticator, remoteSource } from '../../../gateway/identity/authenticator.ts';
import type { Caller } from '../../../gateway/identity/caller.ts';
import { openEmbeddedIssuer } from '../../../gateway/identity/embedded-issuer.ts';
import { openIdentity } from '../../../gateway/identity/open-identity.ts';
import { openMasterKey } from '../../../gateway/keys/index.ts';
import { createTestIssuer, goodClaims, ISSUER, NOW, sign } from './signing.ts';

const caller: Caller = { sub: 'alice', org: 'dev-a', role: 'developer' };
const clock = () => NOW;
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluice-identity-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const open = (production = false) => openEmbeddedIssuer({ home, production, audience: 'sluice', clock });
const config = (env: Record<string, string> = {}): Config => readConfig({ SLUICE_HOME: home, ...env });
const inProduction = {
  NODE_ENV: 'production',
  SLUICE_OIDC_ISSUER: ISSUER,
  SLUICE_OIDC_JWKS_URL: `${ISSUER}/jwks.json`,
  SLUICE_MASTER_KEY: '00'.repeat(32),
};

describe('the embedded issuer', () => {
  test('keeps one key, which only its owner reads, and publishes the public half alone', async () => {
    const first = await open();
    const path = join(home, 'keys', 'issuer.jwk');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(home, 'keys'))).mode & 0o777).toBe(0o700);
    const second = await open();
    expect(second.jwks).toEqual(first.jwks);
    expect(Object.keys(first.jwks.keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    const { d } = JSON.parse(await readFile(path, 'utf8')) as { d: string };
    expect(JSON.stringify(first.jwks)).not.toContain(d);
  });

  test('started ten times at once, has one key and leaves no draft', async () => {
    const issuers = await Promise.all(Array.from({ length: 10 }, () => open()));
    expect(new Set(issuers.map((issuer) => issuer.jwks.keys[0]?.kid)).size).toBe(1);
    expect(await readdir(join(home, 'keys'))).toEqual(['issuer.jwk']);
  });

  test('issues tokens of eight hours that the authenticator takes', async () => {
    const { issuer, authenticate } = await openIdentity(config(), clock);
    const token = (await issuer?.issue(caller)) ?? '';
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', typ: 'JWT', kid: issuer?.jwks.keys[0]?.kid });
    const { exp = 0, iat = 0 } = decodeJwt(token);
    expect(exp - iat).toBe(8 * 3600);
    expect(await authenticate(`Bearer ${token}`)).toEqual(caller);
  });

  test('refuses a key file that others can read', async () => {
    await open();
    await chmod(join(home, 'keys', 'issuer.jwk'), 0o644);
    await expect(open()).rejects.toMatchObject({ code: 'CONFIG_INVALID', facts: { variable: 'SLUICE_HOME' } });
  });

  test('refuses a key file that holds something else', async () => {
    await open();
    await writeFile(join(home, 'keys', 'issuer.jwk'), '{"kty":"oct","k":"AAAA"}');
    await expect(open()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('does not exist in production, and its tokens are not taken there', async () => {
    const trial = await openIdentity(config(), clock);
    const token = `Bearer ${await trial.issuer?.issue(caller)}`;
    expect(await trial.authenticate(token)).toEqual(caller); // the control
    const real = await openIdentity(config(inProduction), clock);
    expect(real.issuer).toBeNull();
    await expect(real.authenticate(token)).rejects.toMatchObject({
      code: 'TOKEN_INVALID',
      facts: { reason: 'claims' },
    });
    await expect(open(true)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('the master key', () => {
  test('is created once in the home outside production', async () => {
    const first = await openMasterKey(config());
    expect(first.createdAt).toBe(join(home, 'keys', 'master.key'));
    expect((await stat(join(home, 'keys', 'master.key'))).mode & 0o777).toBe(0o600);
    expect(await openMasterKey(config())).toMatchObject({
      key: first.key,
      createdAt: null,
      wrapper: { id: first.wrapper.id },
    });
    expect(first.key).toHaveLength(32);
  });

  test('comes from a file in hex or base64, and from nothing else', async () => {
    const path = join(home, 'key');
    const load = async (text: string) => {
      await writeFile(path, text, { mode: 0o600 });
      return (await openMasterKey(config({ SLUICE_MASTER_KEY_FILE: path }))).key;
    };
    const bytes = new Uint8Array(32).fill(0xab);
    expect(await load(`${'ab'.repeat(32)}\n`)).toEqual(bytes);
    expect(await load(Buffer.from(bytes).toString('base64'))).toEqual(bytes);
    for (const text of ['', 'ab'.repeat(31), 'ab'.repeat(33), 'x'.repeat(64)]) {
      await expect(load(text)).rejects.toMatchObject({ facts: { variable: 'SLUICE_MASTER_KEY_FILE' } });
    }
    await chmod(path, 0o640);
    await expect(openMasterKey(config({ SLUICE_MASTER_KEY_FILE: path }))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  test('a file that is not there is said to be missing, not made', async () => {
    const absent = config({ SLUICE_MASTER_KEY_FILE: join(home, 'absent') });
    await expect(openMasterKey(absent)).rejects.toMatchObject({ facts: { variable: 'SLUICE_MASTER_KEY_FILE' } });
    expect(await readdir(home)).toEqual([]);
  });
});

describe('a remote key set', () => {
  let server: Server;
  let published: JWK[];
  let requests: number;
  let url: string;

  beforeEach(async () => {
    requests = 0;
    published = [];
    server = createServer((_, response) => {
      requests++;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: published }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const checkWith = (jwksUrl: string) => {
    const source = remoteSource({ issuer: ISSUER, jwksUrl, roleClaim: 'role', orgClaim: 'org' });
    return createAuthenticator({ sources: [source], audience: 'sluice', clock, cacheEntriesMax: 0 });
  };

  test('is fetched once for many tokens', async () => {
    const issuer = await createTestIssuer();
    published = [issuer.publicJwk];
    const check = checkWith(url);
    for (let i = 0; i < 5; i++) {
      await check(`Bearer ${await sign(issuer.privateKey, { ...goodClaims(), sub: `user-${i}` })}`);
    }
    expect(requests).toBe(1);
  });

  test('unknown key ids do not make the gateway hammer the issuer', async () => {
    published = [(await createTestIssuer()).publicJwk];
    const forger = await createTestIssuer();
    const check = checkWith(url);
    for (let i = 0; i < 5; i++) {
      const token = await sign(forger.privateKey, goodClaims(), { kid: `made-up-${i}` });
      await expect(check(`Bearer ${token}`)).rejects.toMatchObject({ facts: { reason: 'signature' } });
    }
    expect(requests).toBe(1);
  });

  test('that publishes a symmetric key does not make HS256 acceptable', async () => {
    const k = Buffer.from('0'.repeat(32));
    published = [{ kty: 'oct', k: k.toString('base64url'), kid: 'k1', alg: 'HS256' }];
    const token = await sign(new Uint8Array(k), goodClaims(), { alg: 'HS256' });
    await expect(checkWith(url)(`Bearer ${token}`)).rejects.toMatchObject({ facts: { reason: 'algorithm' } });
  });

  test('that cannot be reached lets nobody in, and says that it is not the token', async () => {
    const issuer = await createTestIssuer();
    const token = `Bearer ${await sign(issuer.privateKey)}`;
    const unreachable = checkWith('http://127.0.0.1:9/jwks.json');
    await expect(unreachable(token)).rejects.toMatchObject({ facts: { reason: 'issuer-unreachable' } });
  });
});
