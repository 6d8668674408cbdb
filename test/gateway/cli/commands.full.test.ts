import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../../gateway/config.ts';
import { openIdentity } from '../../../gateway/identity/open-identity.ts';
import { runSluice } from './run-sluice.ts';

let dir: string;
let env: Record<string, string>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
  env = { SLUICE_HOME: join(dir, 'home') };
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('a thumbprint that begins with a dash', () => {
  const rest = 'b'.repeat(41);
  const keys = ['party-keys', 'confirm', 'org'];
  const as = ['--url', 'http://127.0.0.1:9', '--as', 'bureau:eve:data-bureau'];

  test.each([
    ['V', ['encrypt', 'wages', 'no.csv', '--out', 'o.csv', '--custodian', 'c', '--signing-key', 'k', '--fingerprint']],
    ['h', [...keys, ...as]],
    ['-', [...keys, ...as]],
    ['V', keys],
    ['b', keys],
  ])('-%s…: is one to %j', async (second, args) => {
    const { code, err } = await runSluice([...args, `-${second}${rest}`, ...(args === keys ? as : [])], env);
    expect(code).toBe(2);
    expect(err).toMatch(/cannot read `no.csv`|no gateway answers/);
  });

  test('but no option that is misspelt', async () => {
    const { code, err } = await runSluice([...keys, 'a'.repeat(43), '--sa', 'x'], env);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/too many|there is no such option/) });
  });
});

describe('token', () => {
  const args = ['token', '--role', 'developer', '--sub', 'alice', '--org', 'dev-a'];

  test('prints the token alone, and the gateway of that home takes it', async () => {
    const { code, out, err } = await runSluice([...args, '--ttl', '30m'], env);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const { exp = 0, iat = 0 } = decodeJwt(out.trim());
    expect(exp - iat).toBe(1_800);
    const { authenticate } = await openIdentity(readConfig(env), () => new Date());
    expect(await authenticate(`Bearer ${out.trim()}`)).toEqual({ sub: 'alice', org: 'dev-a', role: 'developer' });
  });

  test('is refused in production, in words, and makes no key', async () => {
    const production = {
      ...env,
      NODE_ENV: 'production',
      SLUICE_OIDC_ISSUER: 'https://id.example',
      SLUICE_OIDC_JWKS_URL: 'https://id.example/jwks.json',
      SLUICE_MASTER_KEY: '00'.repeat(32),
    };
    const english = await runSluice(args, production);
    expect(english).toMatchObject({ code: 2, out: '' });
    expect(english.err).toMatch(/embedded issuer does not exist/);
    const chinese = await runSluice(args, { ...production, LANG: 'zh_CN.UTF-8' });
    expect(chinese.err).toMatch(/没有内置签发者/);
    expect(await readdir(dir)).toEqual([]);
  });

  test.each([
    [['token', '--role', 'admin', '--sub', 'a', '--org', 'b'], /accepted are developer, provider/],
    [['token', '--role', 'developer', '--sub', 'a b', '--org', 'b'], /--sub takes/],
    [['token', '--role', 'developer', '--sub', 'a'], /an option is missing `--org <id>`/],
    [[...args, '--ttl', '48h'], /a value is not accepted/],
    [[...args, '--frist'], /there is no such option `--frist`/],
    [['tokne'], /no such command `tokne`\n {2}did you mean token\?/],
  ])('%j is explained', async (wrong, words) => {
    const { code, out, err } = await runSluice(wrong, env);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(words);
    expect(err).not.toMatch(/ at .*:\d|\.ts:|Error/);
  });

  test('a misspelt variable stops it', async () => {
    const { code, err } = await runSluice(args, { ...env, SLUICE_HOEM: 'x' });
    expect(code).toBe(2);
    expect(err).toContain('did you mean SLUICE_HOME?');
  });
});

describe('doctor', () => {
  test('reports every check as JSON, and its exit code says whether all is well', async () => {
    const { code, out, err } = await runSluice(['doctor', '--json'], env);
    expect(err).toBe('');
    const { ok, checks } = JSON.parse(out) as {
      ok: boolean;
      checks: { check: string; state: string; remedy: string | null }[];
    };
    expect(code).toBe(ok ? 0 : 1);
    expect(ok).toBe(checks.every(({ state }) => state !== 'failure'));
    expect(checks.map(({ check }) => check)).toEqual([
      'runtime',
      'configuration',
      'isolation bubblewrap',
      'isolation namespaces',
      'run directory',
      'memory',
      'disk',
      'home',
      'master key',
      'clock',
      'port',
    ]);
    for (const { state, remedy } of checks) if (state === 'failure') expect(remedy).not.toBeNull();
    expect(await readdir(dir)).toEqual([]);
  });

  test('names the remedy for a configuration that is not valid, and examines the rest', async () => {
    const { code, out } = await runSluice(['doctor'], { ...env, SLUICE_PORT: '99999', LANG: 'zh_CN.UTF-8' });
    expect(code).toBe(1);
    expect(out).toMatch(/✗ configuration +SLUICE_PORT 无效\n +→ 应为：0 到 65535 之间的整数/);
    expect(out).toMatch(/disk/);
  });

  test('finds a home that others can read', async () => {
    const { out } = await runSluice(['doctor', '--json'], { SLUICE_HOME: '/tmp' });
    const { checks } = JSON.parse(out) as { checks: { check: string; state: string }[] };
    expect(checks.find(({ check }) => check === 'home')?.state).toBe('warning');
  });
});

/** A gateway's side of the wire, as far as the client is concerned: what it was sent, and canned answers. */
describe('the client', () => {
  interface Received {
    method: string;
    url: string;
    headers: IncomingHttpHeaders;
    body: string;
  }
  let server: Server;
  let received: Received[];
  let answers: { status: number; body: unknown }[];

  beforeEach(async () => {
    received = [];
    answers = [];
    server = createServer((request, response) => {
      const blocks: Buffer[] = [];
      request.on('data', (block: Buffer) => blocks.push(block));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        received.push({ method, url, headers, body: Buffer.concat(blocks).toString() });
        const { status, body } = answers.shift() ?? { status: 500, body: null };
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    env['SLUICE_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    env['SLUICE_TOKEN'] = 'a.b.c';
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const result = {
    mode: 'aggregate',
    columns: [{ name: 'div_code' }, { name: 'firms' }],
    rows: [
      ['420704001', 31],
      ['420704002', null],
    ],
    intervals: {},
    suppressed: { cells: 1, groups: 3, reasons: ['threshold'] },
    cost: { rho: 0, remaining: 99 },
    receipt: { index: 41, href: '/v1/jobs/j1/receipt' },
  };
  const finished = { id: 'j1', state: 'finished', problem: null, result };
  const sql = ['query', '--plan', 'S1', '--sql', 'SELECT 1'];

  test('query prints the table, what was withheld, the cost and the receipt', async () => {
    answers = [
      { status: 202, body: { ...finished, state: 'running', result: null } },
      { status: 200, body: finished },
    ];
    const { code, out, err } = await runSluice(sql, env);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(
      'div_code   firms\n─────────  ─────\n420704001     31\n420704002      ·\n\n' +
        '2 rows, mode aggregate\nwithheld: 1 cells, 3 groups (threshold)\ncost: ρ 0, 99 left\nreceipt: #41 /v1/jobs/j1/receipt\n',
    );
    expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /v1/jobs', 'GET /v1/jobs/j1']);
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ plan: 'S1', sql: 'SELECT 1' });
    expect(received[0]?.headers).toMatchObject({
      authorization: 'Bearer a.b.c',
      prefer: 'wait=30',
      'accept-language': 'en',
    });
    expect(received[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('query and explain say what the answer may cost, in one of three ways', async () => {
    answers = [1, 2, 3].map(() => ({ status: 200, body: finished }));
    await runSluice([...sql, '--rho', '0.002'], env);
    await runSluice([...sql, '--epsilon', '0.5', '--delta', '1e-7'], env);
    await runSluice([...sql, '--target-error', '25'], env);
    const privacy = received.map(({ body }) => (JSON.parse(body) as { options: { privacy: object } }).options.privacy);
    expect(privacy).toEqual([{ rho: 0.002 }, { epsilon: 0.5, delta: 1e-7 }, { targetError: 25 }]);
    expect((await runSluice([...sql, '--rho', '0.002', '--epsilon', '1'], env)).code).toBe(2);
  });

  test('budgets shows jobs and privacy, whose it is, and how long it lasts', async () => {
    const told = (limit: number, spent: number) => ({ limit, spent, reserved: 0, remaining: limit - spent });
    const both = (limit: number, spent: number) => ({ rho: told(limit, spent), epsilon: told(3, 1.23456) });
    const privacy = {
      resource: 'visits',
      unit: 'patient',
      everybody: both(0.185, 0.125),
      organisation: both(0.0875, 0.0625),
      analyst: both(0.0243, 0),
      plans: [{ plan: 'S3', ...both(0.5, 0.25) }],
      forecast: { releasesLikeLast: 24, exhaustedOn: '2027-02-01' },
    };
    answers = [{ status: 200, body: { items: [{ plan: 'S3', ...told(100, 40) }], privacy: [privacy], next: null } }];
    const { code, out } = await runSluice(['budgets'], env);
    expect(code).toBe(0);
    expect(out).toMatch(/S3 +100 +40 +60/);
    expect(out).toMatch(/visits\.patient +everybody +0\.185 +0\.125 +0\.06 +1\.235/);
    expect(out).toMatch(/visits\.patient +plan S3 +0\.5 +0\.25 +0\.25/);
    expect(out).toContain('visits.patient: 24 more like the last, exhausted on 2027-02-01');
  });

  test('SQL comes from a file or from stdin, exactly one', async () => {
    answers = [
      { status: 200, body: finished },
      { status: 200, body: finished },
    ];
    const file = join(dir, 'q.sql');
    await writeFile(file, 'SELECT 2');
    await runSluice(['query', '--plan', 'S1', file, '--json'], env);
    await runSluice(['query', '--plan', 'S1', '-'], env, 'SELECT 3');
    expect(received.map(({ body }) => (JSON.parse(body) as { sql: string }).sql)).toEqual(['SELECT 2', 'SELECT 3']);
    expect((await runSluice(['query', '--plan', 'S1', file, '--sql', 'SELECT 1'], env)).code).toBe(2);
    expect((await runSluice(['query', '--plan', 'S1'], env)).code).toBe(2);
  });

  test('a refusal is said in the gateway’s own words, controls removed', async () => {
    const problem = {
      code: 'SQL_FUNCTION_REFUSED',
      detail: 'no \u001b[2Jmedian',
      hint: 'use avg',
      title: '',
      status: 422,
    };
    answers = [
      { status: 422, body: problem },
      { status: 422, body: problem },
    ];
    const { code, out, err } = await runSluice(sql, { ...env, LANG: 'zh_CN.UTF-8' });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe('sluice: no  [2Jmedian\n  use avg  [SQL_FUNCTION_REFUSED]\n');
    expect(received[0]?.headers['accept-language']).toBe('zh-CN');
    const json = await runSluice([...sql, '--json'], env);
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, error: { code: 'SQL_FUNCTION_REFUSED', status: 422 } });
  });

  test('explain prints mode, columns and rules', async () => {
    const explained = {
      mode: 'aggregate',
      columns: [
        { name: 'n', type: 'integer', mode: 'aggregate', because: [{ column: 'water.*', level: 'general-2' }] },
      ],
      unitsMin: 10,
      rules: [{ rule: 'threshold', limit: 10 }],
      cost: { rho: 0, jobs: 1 },
      privacy: {
        charges: [{ resource: 'water', unit: 'uscc', rho: 0.001, delta: 0 }],
        outputs: [{ name: 'n', certainty: 'stated', halfWidth: 176 }],
        errors: [{ name: 'n', standardError: 89.44 }],
        choices: [{ name: 'way', candidates: 5, rowsMissedMax: 12 }],
        boundaries: [{ bounding: { kind: 'groups', groupsMax: 4, rowsMax: 2 }, rowsTaken: null, groups: 'public' }],
      },
    };
    answers = [{ status: 200, body: explained }];
    const { code, out } = await runSluice(['explain', '--plan', 'S1', '--sql', 'SELECT 1'], env);
    expect(code).toBe(0);
    expect(out).toContain('mode: aggregate');
    expect(out).toMatch(/n +integer +aggregate +water\.\* \(general-2\)/);
    expect(out).toContain('fewest units behind a cell: 10');
    expect(out).toContain('what counts of one unit: groups ≤ 4 × ≤ 2');
    expect(out).toContain('certainty, 95% interval: n stated ± 176');
    expect(out).toContain('standard error of a cell: n ± 89.4');
    expect(out).toMatch(/rows by which a choice may miss, 95%: .*12/);
    expect(out).toContain('charged to: water.uscc ρ 0.001');
  });

  test('policy why names policies, requirements, grants and levels, and claims nothing of what it does not know', async () => {
    const job = '00000000-0000-4000-8000-000000000001';
    const who = { sub: 'ann', org: 'dev', role: 'developer' };
    const intent = {
      index: 7,
      kind: 'intent',
      at: 'T',
      who,
      plan: 'p',
      decision: 'permit',
      grants: ['g-1'],
      mode: 'dp',
    };
    const tables = [{ resource: 'water', columns: ['m3'], level: 'general-4' }];
    const policies = 'v1 analysts-use-their-approved-plan@0123456789abcdef';
    answers = [{ status: 200, body: { items: [{ ...intent, tables, policies }] } }];
    const permitted = await runSluice(['policy', 'why', job], env);
    expect(received[0]?.url).toBe(`/v1/audit/entries?job=${job}&limit=20`);
    for (const text of [
      `${job}: permitted`,
      'analysts-use-their-approved-plan',
      'required, and met: 06 (T2)',
      'grants: g-1',
    ])
      expect(permitted.out).toContain(text);
    expect(permitted.out).toContain('water (general-4): m3');
    expect(permitted.out).toContain('another set of policies');
    const refused = { index: 8, kind: 'refusal', at: 'T', who, plan: 'p', decision: 'deny' };
    const of = (code: string, ids: string) => ({
      status: 200,
      body: { items: [{ ...refused, code, policies: `${ids}@0` }] },
    });
    answers = [of('OPERATOR_INCIDENT', 'plans-need-operator-clear'), of('PLAN_STATE', 'none')];
    const lacking = await runSluice(['policy', 'why', 'p'], env);
    expect(lacking.out).toContain('p: refused, OPERATOR_INCIDENT');
    expect(lacking.out).toContain('lacking: 13 (T5)');
    const expired = await runSluice(['policy', 'why', 'p'], env);
    expect(expired.out).not.toMatch(/required|lacking/);
    answers = [{ status: 200, body: { items: [] } }];
    expect(await runSluice(['policy', 'why', job], env)).toMatchObject({ code: 2, out: '' });
  });

  test('register and upload send what they are given, the file with its length and digest', async () => {
    await writeFile(join(dir, 'water.json'), '{"schema":{"table":"water"}}');
    await writeFile(join(dir, 'water.csv'), 'a,b\n1,2\n');
    answers = [
      { status: 201, body: { id: 'water', state: 'draft' } },
      { status: 201, body: { version: 1, rows: 1, report: { rejectedRows: 0 } } },
    ];
    expect(await runSluice(['register', join(dir, 'water.json')], env)).toMatchObject({ code: 0 });
    const upload = ['upload', 'water', join(dir, 'water.csv'), '--encoding', 'gb18030', '--reject-share-max', '0'];
    expect((await runSluice(upload, env)).out).toBe('water version 1: 1 rows accepted, 0 rejected\n');
    expect(received[0]).toMatchObject({ method: 'POST', url: '/v1/resources', body: '{"schema":{"table":"water"}}' });
    expect(received[1]).toMatchObject({
      method: 'PUT',
      url: '/v1/resources/water/data?rejectShareMax=0',
      body: 'a,b\n1,2\n',
    });
    const digest = createHash('sha256').update('a,b\n1,2\n').digest('base64');
    expect(received[1]?.headers).toMatchObject({
      'content-type': 'text/csv; charset=gb18030',
      'content-length': '8',
      'content-digest': `sha-256=:${digest}:`,
    });
  });

  test('a refused upload lists the rows that were not taken, and a file without rows is told of', async () => {
    await writeFile(join(dir, 'water.csv'), 'a,b\n');
    const rejected = [{ line: 2, column: 'a', reason: 'type' }];
    const refused = { code: 'UPLOAD_ROWS_REJECTED', detail: '3 of 4 rows', facts: { rejected: 3 }, rejected };
    answers = [
      { status: 422, body: refused },
      { status: 201, body: { version: 2, rows: 0, report: { rejectedRows: 0 } } },
    ];
    const upload = ['upload', 'water', join(dir, 'water.csv')];
    const { code, err } = await runSluice(upload, env);
    const lines = 'line 2, column `a`: no value of the declared type\n  … 2 more\n';
    expect([code, err]).toEqual([1, `sluice: 3 of 4 rows  [UPLOAD_ROWS_REJECTED]\n  ${lines}`]);
    expect((await runSluice(upload, env)).out).toMatch(
      /0 rows accepted, 0 rejected\n {2}the file has a header and no rows/,
    );
  });

  test('says how to get a token, a gateway, a file', async () => {
    const { SLUICE_TOKEN: _, ...withoutToken } = env;
    expect((await runSluice(sql, withoutToken)).err).toMatch(/set SLUICE_TOKEN/);
    expect((await runSluice(sql, { ...env, SLUICE_URL: 'http://127.0.0.1:9' })).err).toMatch(/no gateway answers/);
    expect((await runSluice(['register', join(dir, 'absent.json')], env)).err).toMatch(/cannot read/);
    expect((await runSluice(['upload', 'water', join(dir, 'absent.csv')], env)).err).toMatch(/cannot read/);
    expect((await runSluice(['upload', 'water', join(dir, 'x.xlsx')], env)).err).toMatch(/must end in/);
  });

  test('--as mints a token on the spot', async () => {
    answers = [{ status: 200, body: finished }];
    const { SLUICE_TOKEN: _, ...withoutToken } = env;
    expect((await runSluice([...sql, '--as', 'developer:alice:dev-a'], withoutToken)).code).toBe(0);
    const token = received[0]?.headers.authorization?.replace('Bearer ', '') ?? '';
    expect(decodeJwt(token)).toMatchObject({ sub: 'alice', org: 'dev-a', role: 'developer' });
    expect((await runSluice([...sql, '--as', 'root:alice:dev-a'], withoutToken)).code).toBe(2);
  });
});
