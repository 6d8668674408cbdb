import { tableFromIPC } from 'apache-arrow';
import { beforeEach, describe, expect, it } from 'vitest';
import { DEVELOPER, type Harness, openHarness, RIVAL, SECURITY } from './harness.ts';

let h: Harness;
beforeEach(async () => {
  h = await openHarness();
});

const job = (sql: string) => ({ plan: 'S1', sql });
const submit = (sql: string, headers: Record<string, string> = {}) =>
  h.request(DEVELOPER, '/v1/jobs', { json: job(sql), headers });

describe('POST /v1/jobs', () => {
  it('answers 202 with Location while the job runs, 200 with the result when it has ended', async () => {
    const running = await submit('SELECT slow');
    expect(running.status).toBe(202);
    expect(running.headers.get('Location')).toBe('/v1/jobs/job_1');
    expect(await running.json()).toMatchObject({ id: 'job_1', state: 'running', result: null, problem: null });

    const ended = await submit('SELECT 1', { Prefer: 'wait=10' });
    expect(ended.status).toBe(200);
    expect(ended.headers.get('Preference-Applied')).toBe('wait=10');
    expect(await ended.json()).toMatchObject({ state: 'finished', result: { rowCount: 3, receipt: { index: 1 } } });
  });

  it('answers a refused job with its problem, place and hint, and keeps it readable', async () => {
    const refused = await submit('SELECT refuse(1)', { 'Accept-Language': 'en' });
    expect(refused.status).toBe(422);
    expect(refused.headers.get('Content-Type')).toBe('application/problem+json');
    expect(refused.headers.get('Location')).toBe('/v1/jobs/job_1');
    const problem = await refused.json();
    expect(problem).toMatchObject({
      type: '/problems/SQL_FUNCTION_REFUSED',
      status: 422,
      code: 'SQL_FUNCTION_REFUSED',
      detail: 'line 1, column 8: function `refuse` is not accepted',
      hint: 'accepted instead: avg',
      place: { offset: 7, line: 1, column: 8 },
      job: 'job_1',
    });
    const read = await h.request(DEVELOPER, '/v1/jobs/job_1', { headers: { 'Accept-Language': 'en' } });
    expect(read.status).toBe(200);
    expect(await read.json()).toMatchObject({ state: 'refused', problem });
  });

  it('takes options.language before Accept-Language', async () => {
    const response = await h.request(DEVELOPER, '/v1/jobs', {
      json: { ...job('SELECT refuse(1)'), options: { language: 'en' } },
      headers: { 'Accept-Language': 'zh-CN' },
    });
    expect(response.headers.get('Content-Language')).toBe('en');
  });

  it('gives the first job again for the same key and body, and refuses the key for another body', async () => {
    const headers = { 'Idempotency-Key': 'k-1' };
    expect((await submit('SELECT slow', headers)).status).toBe(202);
    expect(await (await submit('SELECT slow', headers)).json()).toMatchObject({ id: 'job_1' });
    const conflict = await submit('SELECT slow, 2', headers);
    expect(conflict.status).toBe(409);
    expect(await conflict.json()).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT', facts: { key: 'k-1' } });
  });

  it.each([
    ['an unknown field', '{"plan":"S1","sql":"SELECT 1","ε":9}', 400, 'body: unknown: ε'],
    ['a field twice removed', '{"plan":"S1","sql":"SELECT 1","options":{"rho":1}}', 400, 'body.options: unknown: rho'],
    ['__proto__', '{"plan":"S1","sql":"SELECT 1","__proto__":{}}', 400, 'body: unknown: __proto__'],
    ['a missing field', '{"plan":"S1"}', 400, 'body.sql: must be of type string'],
    ['broken JSON', '{"plan":', 400, 'body: not valid JSON'],
    ['U+0000', '{"plan":"S1","sql":"a\\u0000b"}', 400, 'body: a text contains U+0000'],
    ['a lone surrogate', '{"plan":"S1","sql":"\\ud800"}', 400, 'body: a text contains a lone surrogate'],
    [
      'a number too large',
      '{"plan":"S1","sql":"SELECT 1","options":{"deadlineMs":1e999}}',
      400,
      'body.options.deadlineMs',
    ],
    ['deep nesting', `{"plan":${'['.repeat(200_000)}${']'.repeat(200_000)},"sql":"x"}`, 400, 'body.plan'],
  ])('refuses %s with its path', async (_, body, status, words) => {
    const response = await h.request(DEVELOPER, '/v1/jobs', {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', 'Accept-Language': 'en' },
    });
    expect(response.status).toBe(status);
    expect(((await response.json()) as { detail: string }).detail).toContain(words);
    expect(h.bugs).toEqual([]);
  });

  it('refuses malformed UTF-8, other types, codings and large bodies before any schema', async () => {
    const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
      h.request(DEVELOPER, '/v1/jobs', { method: 'POST', body, headers });
    const type = { 'Content-Type': 'application/json' };
    expect((await post(Uint8Array.of(0x22, 0xff, 0x22), type)).status).toBe(400);
    expect((await post('a=1', { 'Content-Type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect((await post('{}', { 'Content-Type': 'application/json; charset=gb18030' })).status).toBe(415);
    expect((await post('{}', { ...type, 'Content-Encoding': 'gzip' })).status).toBe(415);
    expect((await post(' '.repeat(2 ** 20 + 1), type)).status).toBe(413);
    expect((await h.request(DEVELOPER, '/v1/jobs', { method: 'POST' })).status).toBe(415);
  });
});

describe('a job of another', () => {
  it('looks like one that is absent, for every operation on it', async () => {
    await submit('SELECT 1');
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['GET', '/events'],
      ['GET', '/result'],
      ['GET', '/receipt'],
    ] as const) {
      const others = await h.request(RIVAL, `/v1/jobs/job_1${path}`, { method });
      const absent = await h.request(RIVAL, `/v1/jobs/job_9${path}`, { method });
      const impossible = await h.request(RIVAL, `/v1/jobs/%00${path}`, { method });
      expect([others.status, absent.status, impossible.status]).toEqual([404, 404, 404]);
      const words = async (response: Response, id: string) => (await response.text()).replaceAll(id, 'ID');
      expect(await words(others, 'job_1')).toBe(await words(absent, 'job_9'));
    }
  });

  it('is not in the list', async () => {
    await submit('SELECT 1');
    expect(await (await h.request(RIVAL, '/v1/jobs')).json()).toEqual({ items: [], next: null });
  });
});

describe('GET /v1/jobs', () => {
  it('pages newest first', async () => {
    for (let n = 0; n < 5; n++) await submit(`SELECT ${n}`);
    const ids: string[] = [];
    let path = '/v1/jobs?limit=2';
    for (;;) {
      const page = (await (await h.request(DEVELOPER, path)).json()) as {
        items: { id: string }[];
        next: string | null;
      };
      ids.push(...page.items.map(({ id }) => id));
      if (page.next === null) break;
      path = `/v1/jobs?limit=2&after=${page.next}`;
    }
    expect(ids).toEqual(['job_5', 'job_4', 'job_3', 'job_2', 'job_1']);
  });

  it.each(['limit=0', 'limit=201', 'limit=', 'limit=0x10', 'limit=1e2', 'limit=1&limit=2', 'unknown=1', 'after=%ff'])(
    'refuses ?%s',
    async (query) => {
      expect((await h.request(DEVELOPER, `/v1/jobs?${query}`)).status).toBe(400);
    },
  );
});

describe('the result', () => {
  it('comes as JSON, CSV or Arrow by Accept', async () => {
    await submit('SELECT 1');
    const get = (accept: string, query = '') =>
      h.request(DEVELOPER, `/v1/jobs/job_1/result${query}`, { headers: { Accept: accept } });
    expect(await (await get('*/*')).json()).toMatchObject({ job: 'job_1', rowCount: 3 });
    const csv = await get('text/csv, application/json;q=0.5');
    expect(csv.headers.get('Content-Type')).toBe('text/csv; charset=utf-8; header=present');
    expect(csv.headers.get('Sluice-Mode')).toBe('aggregate');
    expect((await csv.text()).split('\r\n')[0]).toBe('区,n,total,amount,ratio,day,at,flag');
    const sheet = await (await get('text/csv', '?spreadsheet=true')).arrayBuffer();
    expect([...new Uint8Array(sheet).slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const arrow = await get('application/vnd.apache.arrow.stream');
    expect(tableFromIPC(new Uint8Array(await arrow.arrayBuffer())).numRows).toBe(3);
    expect((await get('image/png')).status).toBe(406);
  });

  it('is a conflict while the job runs, and for a refused job', async () => {
    await submit('SELECT slow');
    await submit('SELECT refuse(1)');
    const running = await h.request(DEVELOPER, '/v1/jobs/job_1/result');
    expect([running.status, await running.json()]).toMatchObject([409, { code: 'JOB_STATE' }]);
    expect((await h.request(DEVELOPER, '/v1/jobs/job_2/result')).status).toBe(409);
  });

  it('has a receipt that names its entry', async () => {
    await h.request(SECURITY, '/v1/audit/entries');
    await h.request(SECURITY, '/v1/audit/entries');
    await submit('SELECT 1');
    const receipt = await (await h.request(DEVELOPER, '/v1/jobs/job_1/receipt')).text();
    expect(receipt).toMatch(/^c2sp\.org\/tlog-proof@v1\nindex 1\n/);
  });
});

describe('the events', () => {
  const events = (headers: Record<string, string> = {}) => h.request(DEVELOPER, '/v1/jobs/job_1/events', { headers });

  it('tell each state once and end', async () => {
    await submit('SELECT 1');
    const response = await events();
    expect(response.headers.get('Content-Type')).toBe('text/event-stream');
    expect(await response.text()).toBe(
      'id: 1\nevent: state\ndata: {"state":"running","at":"2026-03-01T08:00:00.000Z"}\n\n' +
        'id: 2\nevent: state\ndata: {"state":"finished","at":"2026-03-01T08:00:01.000Z"}\n\n',
    );
  });

  it('resume after the last one seen', async () => {
    await submit('SELECT 1');
    expect(await (await events({ 'Last-Event-ID': '1' })).text()).toMatch(/^id: 2\n/);
  });

  it('stop when the client goes, and HEAD leaves no stream open', async () => {
    await submit('SELECT slow');
    const { body } = await events();
    const reader = body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('running');
    await reader.cancel();
    expect((await h.request(DEVELOPER, '/v1/jobs/job_1/events', { method: 'HEAD' })).status).toBe(200);
    expect(h.bugs).toEqual([]);
  });
});

describe('DELETE /v1/jobs/{id}', () => {
  it('cancels what runs and conflicts with what has ended', async () => {
    await submit('SELECT slow');
    const remove = () => h.request(DEVELOPER, '/v1/jobs/job_1', { method: 'DELETE' });
    expect(await (await remove()).json()).toMatchObject({ state: 'cancelled' });
    expect((await remove()).status).toBe(409);
  });
});

describe('POST /v1/explain', () => {
  it('shows the stages, and refuses what a job would be refused', async () => {
    const explain = (sql: string) => h.request(DEVELOPER, '/v1/explain', { json: job(sql) });
    expect(await (await explain('SELECT 1')).json()).toMatchObject({
      mode: 'aggregate',
      stages: [{ stage: 'parsed' }],
    });
    expect((await explain('SELECT refuse(1)')).status).toBe(422);
  });
});
