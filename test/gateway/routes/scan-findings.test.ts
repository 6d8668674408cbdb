/**
 * Goal: what a scan refuses goes in only after its provider has said why it is wrong and another person, of the bureau, has confirmed it;
 * only for that column and kind, for no more of the values than were confirmed, and only while it stands. Method: the routes over a store
 * in memory; what the scan saw is set, the judgement is the real one. Control: every step before the confirmation leaves the upload refused.
 */
import { beforeEach, expect, it } from 'vitest';
import { readEntries } from '../../../catalog/index.ts';
import type { IngestUpload } from '../../../gateway/resources/upload-service.ts';
import { judgeColumn } from '../../../policies/index.ts';
import { type IngestReport, UnderDeclaredError } from '../../../sandbox/index.ts';
import { BUREAU, caller, DEVELOPER, type Harness, openHarness, PROVIDER, SECURITY } from './harness.ts';

const COLUMN = {
  name: 'serial',
  title: { zh: '序列号', en: 'serial' },
  type: 'text',
  level: 'general-1',
  role: 'attribute',
} as const;
const DECLARED = {
  title: { zh: '表', en: 'meters' },
  frequency: 'yearly',
  conditions: 'none',
  schema: { table: 'meters', columns: [COLUMN] },
};
const REASON = 'serial numbers of meters, such as 13800138000';

let h: Harness;
let passing: number;
beforeEach(async () => {
  passing = 800;
  h = await openHarness({ ingest });
  expect((await h.request(PROVIDER, '/v1/resources', { json: DECLARED })).status).toBe(201);
});

async function ingest({ schema, excuses }: IngestUpload): Promise<IngestReport> {
  const counts = { distinct: 1_000, passing: { mobile: passing } };
  const findings = schema.columns.flatMap((one) => judgeColumn(one, counts, excuses) ?? []);
  const refused = findings.filter(({ verdict }) => verdict === 'under-declared');
  if (refused.length > 0) throw new UnderDeclaredError(refused);
  return { ...REPORT, findings };
}
const REPORT: IngestReport = {
  rows: 1_000,
  appended: null,
  rejectedRows: 0,
  rejected: [],
  bytes: 10,
  encoding: 'utf-8',
  delimiter: ',',
  rowsPerUnitMax: {},
  unitsDistinct: {},
  rowKeyScheme: 'test',
  twins: [],
  uniqueColumns: [],
  prints: null,
  encrypted: null,
  columns: [],
  duplicateRows: 0,
  findings: [],
  contentSha256: 'ab'.repeat(32),
  segments: [],
};

const PATH = '/v1/resources/meters/scan-findings';
const put = (who: typeof PROVIDER, what: string, json: object, key = 'serial/mobile') =>
  h.request(who, `${PATH}/${key}/${what}`, { method: 'PUT', json });
const dispute = (who = PROVIDER) => put(who, 'dispute', { reason: REASON });
const decide = (who: typeof PROVIDER, verdict: 'confirmed' | 'refused') =>
  put(who, 'decision', { verdict, comment: 'looked at the source' });
const upload = async () => {
  const headers = { 'Content-Type': 'text/csv' };
  return h.request(PROVIDER, '/v1/resources/meters/data', { method: 'PUT', headers, body: 'serial\n1\n' });
};
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;
const found = async (who = BUREAU) => {
  const { items } = (await (await h.request(who, PATH)).json()) as { items: { state: string; share: number }[] };
  return items;
};

it('is taken after two people have said so, and not before', async () => {
  expect(await codeOf(await dispute())).toBe('SCAN_FINDING_NOT_FOUND');
  expect(await codeOf(await upload())).toBe('UPLOAD_UNDER_DECLARED');
  expect(await found()).toMatchObject([{ state: 'blocked', share: 0.8, columnName: 'serial', kind: 'mobile' }]);
  expect(await codeOf(await decide(BUREAU, 'confirmed'))).toBe('SCAN_FINDING_STATE');
  expect((await dispute()).status).toBe(200);
  expect(await codeOf(await upload())).toBe('UPLOAD_UNDER_DECLARED');
  expect(await found()).toMatchObject([{ state: 'disputed', reason: REASON }]);
  expect((await decide(BUREAU, 'confirmed')).status).toBe(200);
  const taken = await upload();
  expect(taken.status).toBe(201);
  expect(await taken.json()).toMatchObject({
    report: { quality: { findings: [{ column: 'serial', verdict: 'excused' }] } },
  });
});

it('is disputed by its provider and decided by the bureau, and never both by one person', async () => {
  await upload();
  for (const who of [BUREAU, SECURITY, DEVELOPER, caller('provider', 'others', 'x')]) {
    expect([403, 404]).toContain((await dispute(who)).status);
  }
  await dispute();
  for (const who of [PROVIDER, SECURITY, DEVELOPER]) {
    expect([403, 404]).toContain((await decide(who, 'confirmed')).status);
  }
  const both = caller('bureau', PROVIDER.org, PROVIDER.sub);
  expect(await codeOf(await decide(both, 'confirmed'))).toBe('SCAN_FINDING_STATE');
  expect(await found()).toMatchObject([{ state: 'disputed' }]);
});

it('holds for no more of the values than were confirmed, and for no other kind or column', async () => {
  await upload();
  await dispute();
  await decide(BUREAU, 'confirmed');
  passing = 840;
  expect((await upload()).status).toBe(201);
  passing = 1_000;
  expect(await codeOf(await upload())).toBe('UPLOAD_UNDER_DECLARED');
  expect(await found()).toMatchObject([{ state: 'blocked', share: 1, reason: null, decidedBy: null }]);
  expect(await codeOf(await put(PROVIDER, 'dispute', { reason: 'x' }, 'serial/plate'))).toBe('SCAN_FINDING_NOT_FOUND');
  expect((await put(PROVIDER, 'dispute', { reason: 'x' }, 'serial/phone')).status).toBe(404);
});

it('ends when the bureau refuses it, before or after it was confirmed', async () => {
  await upload();
  await dispute();
  expect((await decide(BUREAU, 'refused')).status).toBe(200);
  expect(await codeOf(await upload())).toBe('UPLOAD_UNDER_DECLARED');
  await dispute();
  await decide(BUREAU, 'confirmed');
  expect((await upload()).status).toBe(201);
  expect((await decide(BUREAU, 'refused')).status).toBe(200);
  expect(await codeOf(await upload())).toBe('UPLOAD_UNDER_DECLARED');
});

it('is in the log, step by step, without the words that may quote a value', async () => {
  await upload();
  await dispute();
  await decide(BUREAU, 'confirmed');
  const entries = h.store.read((db) => readEntries(db, 0, 100)).map((entry) => JSON.stringify(entry));
  const steps = entries.filter((entry) => entry.includes('"scan: '));
  expect(steps.map((entry) => /mobile in 80% of the values, (\w+)/.exec(entry)?.[1])).toEqual([
    'disputed',
    'confirmed',
  ]);
  for (const entry of entries) expect(entry).not.toContain('13800138000');
});
