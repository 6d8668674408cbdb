import { beforeEach, describe, expect, it } from 'vitest';
import { DEVELOPER, type Harness, openHarness } from './harness.ts';

let h: Harness;
beforeEach(async () => {
  h = await openHarness();
});

describe('every answer', () => {
  it('carries the headers that keep it where it belongs', async () => {
    for (const path of ['/', '/v1/jobs', '/nowhere', '/openapi.json']) {
      const { headers } = await h.request(DEVELOPER, path);
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'");
      expect(headers.get('Cache-Control')).toBe('no-store');
      expect(headers.get('Access-Control-Allow-Origin')).toBeNull();
    }
  });

  it('goes on with the caller’s trace, or begins one', async () => {
    const trace = async (traceparent: string) =>
      (await h.request(null, '/healthz', { headers: { traceparent } })).headers.get('traceparent');
    const id = '0af7651916cd43dd8448eb211c80319c';
    expect(await trace(`00-${id}-b7ad6b7169203331-01`)).toMatch(new RegExp(`^00-${id}-[0-9a-f]{16}-01$`));
    expect(await trace('rubbish')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(await trace(`00-${'0'.repeat(32)}-b7ad6b7169203331-01`)).not.toContain('0'.repeat(32));
  });
});

describe('what is not there', () => {
  it('is a problem, before any token is asked for', async () => {
    const response = await h.request(null, '/v1/nothing', { headers: { 'Accept-Language': 'en' } });
    expect(response.headers.get('Content-Type')).toBe('application/problem+json');
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { code: 'ROUTE_NOT_FOUND', facts: { path: '/v1/nothing' } },
    ]);
    for (const path of ['/v1/jobs/', '//v1/jobs', '/v1/jobs/a/b', '/problems/NOTHING', '/v1/audit/tile/']) {
      expect([path, (await h.request(DEVELOPER, path)).status]).toEqual([path, 404]);
    }
  });

  it.each(['PATCH', 'OPTIONS', 'PUT', 'PROPFIND'])('%s says which methods are', async (method) => {
    const response = await h.request(null, '/v1/jobs', { method });
    expect([response.status, response.headers.get('Allow')]).toEqual([405, 'GET, HEAD, POST']);
  });
});

describe('a token', () => {
  it('is asked for by everything that does not say it is public', async () => {
    const missing = await h.request(null, '/v1/jobs');
    expect([missing.status, missing.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer realm="sluice"']);
    const invalid = await h.request(null, '/v1/jobs', { headers: { Authorization: 'Bearer !' } });
    expect([invalid.status, await invalid.json()]).toMatchObject([401, { code: 'TOKEN_INVALID' }]);
  });
});

describe('the way in', () => {
  it('is a page for people and JSON for programs', async () => {
    expect(await (await h.request(null, '/')).json()).toMatchObject({ version: '0.0.0-test' });
    const page = await h.request(null, '/', { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
    expect(page.headers.get('Content-Type')).toMatch(/^text\/html/);
    expect(await page.text()).toContain('/openapi.json');
    expect((await h.request(null, '/', { headers: { Accept: 'image/png' } })).status).toBe(406);
  });

  it('says what a problem means in both languages', async () => {
    expect(await (await h.request(null, '/problems/SQL_SYNTAX')).json()).toMatchObject({
      status: 422,
      messages: { en: {}, 'zh-CN': {} },
    });
    const page = await h.request(null, '/problems/SQL_SYNTAX', { headers: { Accept: 'text/html' } });
    expect(await page.text()).toContain('SQL 无法解析');
  });

  it('tells whether it lives, is ready, and how its tokens are signed', async () => {
    expect((await h.request(null, '/healthz')).status).toBe(200);
    expect((await h.request(null, '/readyz')).status).toBe(200);
    const down = await openHarness({ readiness: () => Promise.resolve({ store: true, sandbox: false }), issuer: null });
    const notReady = await down.request(null, '/readyz');
    expect([notReady.status, await notReady.json()]).toEqual([
      503,
      { status: 'not-ready', parts: { store: true, sandbox: false } },
    ]);
    expect(await (await h.request(null, '/.well-known/jwks.json')).json()).toMatchObject({ keys: [{ kty: 'OKP' }] });
    expect((await down.request(null, '/.well-known/jwks.json')).status).toBe(404);
  });

  it('answers HEAD as GET, without a body', async () => {
    const head = await h.request(null, '/healthz', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});

describe('a bug', () => {
  it('is a bare 500 with a reference and nothing else', async () => {
    const canary = 'canary-13800138000';
    const broken = await openHarness({ readiness: () => Promise.reject(new Error(canary)) });
    const response = await broken.request(null, '/readyz', { headers: { 'Accept-Language': 'en' } });
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(JSON.parse(text)).toMatchObject({ code: 'INTERNAL', reference: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(text + JSON.stringify([...response.headers])).not.toContain(canary);
    expect(broken.bugs).toHaveLength(1);
  });
});
