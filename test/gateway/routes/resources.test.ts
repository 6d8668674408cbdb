import { beforeEach, describe, expect, it } from 'vitest';
import { findVersion, searchEntries } from '../../../catalog/index.ts';
import type { IngestUpload } from '../../../gateway/resources/upload-service.ts';
import { AppError } from '../../../policies/index.ts';
import { BUREAU, caller, DEVELOPER, type Harness, openHarness, PROVIDER, SECURITY } from './harness.ts';
import { declaration, listTable } from './sample-catalogue.ts';

const SHA256_OF_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const OTHER_PROVIDER = caller('provider', 'gas-office');

let h: Harness;
let uploads: IngestUpload[];
let bytes: Buffer[];
let fail: Error | null;
beforeEach(async () => {
  uploads = [];
  bytes = [];
  fail = null;
  h = await openHarness({
    ingest: async (upload) => {
      uploads.push(upload);
      for await (const chunk of upload.body) bytes.push(Buffer.from(chunk));
      if (fail !== null) throw fail;
      const report = {
        rows: 9,
        rejectedRows: 1,
        rejected: [{ line: 4, column: 'm3_used', reason: 'bounds' as const }],
        bytes: 3,
      };
      const rest = {
        appended: null,
        encoding: 'utf-8' as const,
        delimiter: ',',
        rowsPerUnitMax: { enterprise: 2 },
        unitsDistinct: {},
        rowKeyScheme: 'scheme',
        twins: [],
        uniqueColumns: [],
        prints: null,
        encrypted: null,
        columns: [{ name: 'm3_used', nulls: 3, min: '0.25', max: '81726354.50' }],
        segments: [],
        duplicateRows: 0,
        findings: [],
      };
      return { ...report, ...rest, contentSha256: SHA256_OF_ABC };
    },
  });
});

const register = (table = 'water', who = PROVIDER) => h.request(who, '/v1/resources', { json: declaration(table) });
const list = (table = 'water') => listTable(h, table);
const put = (headers: Record<string, string> = {}, query = '', who = PROVIDER) =>
  h.request(who, `/v1/resources/water/data${query}`, {
    method: 'PUT',
    body: 'abc',
    headers: { 'Content-Type': 'text/csv', ...headers },
  });
const entries = () => h.store.read((db) => searchEntries(db, {}).entries.map(({ entry }) => entry));

describe('registering', () => {
  it('makes a draft of the caller’s own organisation, with its entry in the log', async () => {
    const response = await register();
    expect(response.status).toBe(201);
    expect(response.headers.get('Location')).toBe('/v1/resources/water');
    expect(await response.json()).toMatchObject({
      id: 'water',
      provider: 'water-group',
      state: 'draft',
      currentVersion: null,
      format: 'csv',
      entry: { no: null, title: { en: 'enterprise water' } },
      schema: { level: 'general-2' },
    });
    expect(entries()).toMatchObject([
      {
        kind: 'resource',
        who: PROVIDER,
        decision: 'permit',
        note: expect.stringMatching(/^registered, revision 1, sha-256 [0-9a-f]{64}$/),
        tables: [{ resource: 'water' }],
      },
    ]);
  });

  it('refuses a second of the name, and leaves no entry of it', async () => {
    await register();
    const again = await register('water', OTHER_PROVIDER);
    expect([again.status, await again.json()]).toMatchObject([409, { code: 'RESOURCE_EXISTS' }]);
    expect(entries()).toHaveLength(1);
  });

  it('is for providers, and a refusal is in the log', async () => {
    const response = await register('water', DEVELOPER);
    expect([response.status, await response.json()]).toMatchObject([403, { code: 'POLICY_ACCESS_DENIED' }]);
    expect(entries()).toMatchObject([
      { kind: 'refusal', who: DEVELOPER, decision: 'deny', code: 'POLICY_ACCESS_DENIED' },
    ]);
  });

  it('says where a declaration makes no sense', async () => {
    const body = declaration('water');
    const response = await h.request(PROVIDER, '/v1/resources', {
      json: { ...body, schema: { ...body.schema, columns: [{ ...body.schema.columns[0], scale: 2 }] } },
    });
    expect([response.status, await response.json()]).toMatchObject([
      422,
      { code: 'RESOURCE_INVALID', facts: { path: 'schema.columns[0].scale' } },
    ]);
  });
});

describe('the catalogue', () => {
  it('shows drafts to their provider and the officers only', async () => {
    await register();
    const ids = async (who = DEVELOPER) =>
      ((await (await h.request(who, '/v1/resources')).json()) as { items: { id: string }[] }).items.map(({ id }) => id);
    expect(await ids(DEVELOPER)).toEqual([]);
    expect(await ids(OTHER_PROVIDER)).toEqual([]);
    expect(await ids(PROVIDER)).toEqual(['water']);
    expect(await ids(BUREAU)).toEqual(['water']);
    expect((await h.request(DEVELOPER, '/v1/resources/water')).status).toBe(404);
    expect((await list()).status).toBe(200);
    expect(await ids(DEVELOPER)).toEqual(['water']);
  });

  it('gives full pages whatever is left out of them', async () => {
    for (const table of ['a', 'b', 'c', 'd', 'e', 'f']) await register(table);
    for (const table of ['b', 'd', 'f']) await list(table);
    const page = async (query: string) =>
      (await (await h.request(DEVELOPER, `/v1/resources?${query}`)).json()) as {
        items: { id: string }[];
        next: string | null;
      };
    const first = await page('limit=2');
    expect([first.items.map(({ id }) => id), first.next]).toEqual([['b', 'd'], 'd']);
    const second = await page('limit=2&after=d');
    expect([second.items.map(({ id }) => id), second.next]).toEqual([['f'], null]);
  });

  it('is DCAT-3 for who asks for it', async () => {
    await register();
    await list();
    const response = await h.request(DEVELOPER, '/v1/resources', { headers: { Accept: 'application/ld+json' } });
    expect(response.headers.get('Content-Type')).toBe('application/ld+json');
    expect(await response.json()).toMatchObject({
      '@type': 'dcat:Catalog',
      'dcat:dataset': [
        { '@type': 'dcat:Dataset', 'dct:identifier': 'water', 'dct:publisher': { '@type': 'foaf:Organization' } },
      ],
    });
  });

  it('is listed by the bureau, and withdrawn for good', async () => {
    await register();
    expect((await h.request(PROVIDER, '/v1/resources/water/listing', { method: 'POST' })).status).toBe(403);
    await list();
    const withdraw = (who = PROVIDER) => h.request(who, '/v1/resources/water', { method: 'DELETE' });
    expect((await withdraw(OTHER_PROVIDER)).status).toBe(403);
    expect(await (await withdraw()).json()).toMatchObject({ state: 'withdrawn' });
    expect((await list()).status).toBe(409);
    expect(
      entries()
        .map(({ note }) => note)
        .filter((note) => note === 'withdrawn'),
    ).toHaveLength(1);
  });
});

describe('uploading', () => {
  it('streams the body into the next version and gives its report', async () => {
    await register();
    const response = await put(
      { 'Content-Type': 'text/csv; charset=GB18030', 'Content-Length': '3' },
      '?rejectShareMax=0.1',
    );
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({
      version: 1,
      state: 'current',
      rows: 9,
      report: { rejectedRows: 1, rejected: [{ line: 4, column: 'm3_used', reason: 'bounds' }] },
    });
    expect(uploads[0]).toMatchObject({
      resource: 'water',
      version: 1,
      format: 'csv',
      encoding: 'gb18030',
      declaredBytes: 3,
      rejectShareMax: 0.1,
    });
    expect(Buffer.concat(bytes).toString()).toBe('abc');
    expect(entries()[0]).toMatchObject({
      kind: 'upload',
      decision: 'permit',
      tables: [{ resource: 'water', version: 1 }],
    });
  });

  it('leaves nothing but an entry when it fails, and the next one goes on', async () => {
    await register();
    fail = new AppError('UPLOAD_HEADER', { missing: ['uscc'], unexpected: [] });
    expect((await put()).status).toBe(422);
    expect(entries()[0]).toMatchObject({ kind: 'upload', decision: 'deny', code: 'UPLOAD_HEADER' });
    expect(await (await h.request(PROVIDER, '/v1/resources/water')).json()).toMatchObject({ currentVersion: null });
    fail = null;
    expect(await (await put()).json()).toMatchObject({ version: 2, state: 'current' });
  });

  it('holds the body to its declared digest before it becomes the table', async () => {
    await register();
    const digest = (hex: string) => ({ 'Content-Digest': `sha-256=:${Buffer.from(hex, 'hex').toString('base64')}:` });
    const wrong = await put(digest('00'.repeat(32)));
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { code: 'UPLOAD_DIGEST' }]);
    expect((await put({ 'Content-Digest': 'sha-256=:AAAA:' })).status).toBe(400);
    expect((await put({ 'Content-Digest': 'md5=:AAAA:' })).status).toBe(201);
    expect((await put(digest(SHA256_OF_ABC))).status).toBe(201);
  });

  it('is one at a time', async () => {
    await register();
    const [first, second] = await Promise.all([put(), put()]);
    expect([first.status, second.status].sort()).toEqual([201, 409]);
  });

  it.each([
    [{ 'Content-Type': 'application/json' }, '', 415],
    [{ 'Content-Type': 'text/csv; charset=big5' }, '', 415],
    [{ 'Content-Type': 'text/csv; header=absent' }, '', 415],
    [{ 'Content-Encoding': 'gzip' }, '', 415],
    [{}, '?rejectShareMax=2', 400],
    [{}, '?rejectShareMax=0x1', 400],
  ] as const)('refuses %j%s before it reads the body', async (headers, query, status) => {
    await register();
    expect((await put(headers, query)).status).toBe(status);
    expect(uploads).toEqual([]);
  });

  it('is for the provider of the table', async () => {
    await register();
    await list();
    expect((await put({}, '', OTHER_PROVIDER)).status).toBe(403);
    expect((await put({}, '', DEVELOPER)).status).toBe(403);
    expect(uploads).toEqual([]);
  });

  it('tells least and greatest values in its own answer, and never again to anybody', async () => {
    await register();
    await list();
    const extreme = '81726354.50';
    expect(await (await put()).json()).toMatchObject({
      updateDueAt: '2026-05-02T08:00:00.000Z',
      isStale: false,
      report: { quality: { duplicateRows: 0, columns: [{ name: 'm3_used', nulls: 3, min: '0.25', max: extreme }] } },
    });
    const read = async (who: typeof PROVIDER) => (await h.request(who, '/v1/resources/water/versions/1')).json();
    const seen = { nullShare: 0.33, min: null, max: null };
    expect(await read(PROVIDER)).toMatchObject({ report: { quality: { columns: [{ ...seen, nulls: 3 }] } } });
    const forAuthority = { quality: { duplicateRows: null, columns: [{ ...seen, nulls: null }] } };
    expect(await read(BUREAU)).toMatchObject({ report: forAuthority });
    expect(await read(DEVELOPER)).toMatchObject({ rows: null, report: null, updateDueAt: '2026-05-02T08:00:00.000Z' });
    const stored = h.store.read((db) => findVersion(db, 'water', 1));
    expect(JSON.stringify([stored, entries()])).not.toContain(extreme);
    expect((await h.request(PROVIDER, '/v1/resources/water/versions/7')).status).toBe(404);
  });

  it('shows counts, digest and report to those they are for', async () => {
    await register();
    await list();
    await put();
    const newest = async (who: typeof DEVELOPER) =>
      ((await (await h.request(who, '/v1/resources/water/versions')).json()) as { items: object[] }).items[0];
    expect(await newest(DEVELOPER)).toMatchObject({
      version: 1,
      rows: null,
      bytes: null,
      contentSha256: null,
      report: null,
    });
    for (const who of [PROVIDER, BUREAU, SECURITY]) {
      expect(await newest(who)).toMatchObject({ rows: 9, contentSha256: SHA256_OF_ABC, report: { rejectedRows: 1 } });
    }
  });
});
