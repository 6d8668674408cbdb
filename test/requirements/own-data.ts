import { deepStrictEqual, ok } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { INTAKE_ROWS_MIN } from '../../policies/index.ts';
import { must } from '../gateway/life/running-gateway.ts';
import { BUREAU, DEVELOPER, type Ground, SECURITY, todayInShanghai } from './ground.ts';
import type { Requirement } from './requirement.ts';

const title = { zh: '清单', en: 'list' };

/** Developers' own data (社会数据). Each uses a plan of its own: uploads are counted by plan. */
export const OWN_DATA: readonly Requirement[] = [
  {
    id: '26',
    paragraph: 'T11',
    tests: [
      {
        name: 'a table of one’s own names its source, lies in quarantine until the bureau accepts its hash, and is frozen from then on',
        async enforce(ground) {
          await ground.approve('own-frozen');
          const nameless = { ...intake('own-frozen', 'frozen_list'), source: '' };
          await ground.refused('REQUEST_INVALID', DEVELOPER, 'POST', '/v1/intakes', nameless);
          const unit = { ...column('person'), role: 'identifier', unit: 'person', level: 'general-2' };
          const counting = {
            ...intake('own-frozen', 'frozen_list'),
            schema: { table: 'frozen_list', columns: [unit] },
          };
          await ground.refused('INTAKE_INVALID', DEVELOPER, 'POST', '/v1/intakes', counting);
          const { hash } = await quarantine(ground, 'own-frozen', 'frozen_list');
          deepStrictEqual(await codeOver(ground, 'own-frozen', 'frozen_list'), 'SQL_TABLE_UNKNOWN');
          const decide = ['POST', '/v1/intakes/frozen_list/decisions'] as const;
          await ground.refused('POLICY_ACCESS_DENIED', DEVELOPER, ...decide, { verdict: 'approve', hash });
          await ground.refused('INTAKE_STATE', BUREAU, ...decide, { verdict: 'approve', hash: '0'.repeat(64) });
          await ground.permitted(BUREAU, ...decide, { verdict: 'approve', hash });
          deepStrictEqual(await codeOver(ground, 'own-frozen', 'frozen_list'), null);
          await ground.approve('own-other');
          deepStrictEqual(await codeOver(ground, 'own-other', 'frozen_list'), 'SQL_TABLE_UNKNOWN');
          return ground.logged('intake', `approve, sha-256 ${hash}`);
        },
      },
      {
        name: `fewer than ${INTAKE_ROWS_MIN} rows are not taken in; the same list with one row changed closes it; a plan takes in three at most`,
        async enforce(ground) {
          await ground.approve('own-probing');
          await ground.permitted(DEVELOPER, 'POST', '/v1/intakes', intake('own-probing', 'probe_list'));
          deepStrictEqual(await put(ground, 'probe_list', rows(INTAKE_ROWS_MIN - 1)), 'INTAKE_REFUSED');
          const hash = await uploaded(ground, 'probe_list', rows(60));
          await ground.permitted(BUREAU, 'POST', '/v1/intakes/probe_list/decisions', { verdict: 'approve', hash });
          deepStrictEqual(await codeOver(ground, 'own-probing', 'probe_list'), null);
          const oneChanged = rows(60, (row) => (row === 17 ? 9_999 : row));
          deepStrictEqual(await put(ground, 'probe_list', oneChanged), 'INTAKE_REFUSED');
          deepStrictEqual(await codeOver(ground, 'own-probing', 'probe_list'), 'SQL_TABLE_UNKNOWN');
          const unlike = rows(200, (row) => 5_000 + row);
          deepStrictEqual(await put(ground, 'probe_list', unlike), 'INTAKE_REFUSED', 'a fourth one');
          await ground.approve('own-control');
          await quarantine(ground, 'own-control', 'control_list', unlike);
          return ground.logged('intake', 'intake probe_list: version 3 not taken in: near');
        },
      },
      {
        name: 'rows of one’s own never count: nine people stay hidden however often each of them is met; 130 are shown',
        async enforce(ground) {
          await ground.approve('own-counting');
          const hash = await accepted(ground, 'own-counting', 'count_list');
          const sql = 'SELECT p.dept, count(*) AS n FROM people p JOIN count_list c ON p.dept = c.dept GROUP BY p.dept';
          const { code, rows: shown } = await ground.ask(DEVELOPER, 'own-counting', sql);
          deepStrictEqual(code, null);
          const counted = new Map((shown as readonly (readonly [string, number | null])[]) ?? []);
          ok((counted.get('a') ?? 0) > 0, 'control: a department of 130 people is counted');
          ok((counted.get('d') ?? null) === null, 'nine people, 15 rows each');
          return ground.logged('intake', hash);
        },
      },
      {
        name: 'after its last day no job reads it, and it is destroyed with a certificate',
        async enforce(ground) {
          await ground.approve('own-term');
          await accepted(ground, 'own-term', 'term_list');
          await accepted(ground, 'own-term', 'past_list', '2020-01-01');
          deepStrictEqual(await codeOver(ground, 'own-term', 'past_list'), 'SQL_TABLE_UNKNOWN');
          deepStrictEqual(await codeOver(ground, 'own-term', 'term_list'), null);
          await ground.running.gateway.deps.intakes.endOverdue(todayInShanghai());
          deepStrictEqual(await codeOver(ground, 'own-term', 'term_list'), null, 'what is in its term stays');
          const certificate = await destroyed(ground, 'past_list');
          ok(certificate.includes('"reason":"retention"'), certificate);
          await ground.permitted(DEVELOPER, 'DELETE', '/v1/intakes/term_list');
          deepStrictEqual(await codeOver(ground, 'own-term', 'term_list'), 'SQL_TABLE_UNKNOWN');
          await destroyed(ground, 'term_list');
          return `certificate: ${certificate.slice(0, 200)}`;
        },
      },
    ],
  },
];

const column = (name: string) => ({ name, title, type: 'text', level: 'general-1', role: 'dimension' });
const intake = (plan: string, table: string, validUntil = '2099-12-31') => ({
  plan,
  title,
  source: 'the own register of sales',
  basis: 'own data, no persons',
  validUntil,
  schema: { table, columns: [column('dept'), { ...column('weight'), type: 'integer', role: 'measure' }] },
});
const rows = (count: number, weight: (row: number) => number = (row) => row): string =>
  `dept,weight\n${Array.from({ length: count }, (_, row) => `${'abcd'[row % 4]},${weight(row)}`).join('\n')}\n`;

/** The code of what came of it; null where it was taken into quarantine. */
async function put(ground: Ground, table: string, csv: string): Promise<string | null> {
  const answer = await upload(ground, table, csv);
  return ((await answer.json()) as { readonly code?: string }).code ?? null;
}

async function upload({ running }: Ground, table: string, csv: string): Promise<Response> {
  const token = await running.token(DEVELOPER.role, DEVELOPER.sub, DEVELOPER.org);
  return running.request(token, 'PUT', `/v1/intakes/${table}/data`, csv, { 'content-type': 'text/csv' });
}

async function uploaded(ground: Ground, table: string, csv: string): Promise<string> {
  const answer = await must(upload(ground, table, csv));
  const { state, hash } = (await answer.json()) as { readonly state: string; readonly hash: string };
  deepStrictEqual(state, 'quarantined');
  return hash;
}

async function quarantine(
  ground: Ground,
  plan: string,
  table: string,
  csv = rows(60),
  validUntil?: string,
): Promise<{ readonly hash: string }> {
  await ground.permitted(DEVELOPER, 'POST', '/v1/intakes', intake(plan, table, validUntil));
  return { hash: await uploaded(ground, table, csv) };
}

async function accepted(ground: Ground, plan: string, table: string, validUntil?: string): Promise<string> {
  const { hash } = await quarantine(ground, plan, table, rows(60), validUntil);
  await ground.permitted(BUREAU, 'POST', `/v1/intakes/${table}/decisions`, { verdict: 'approve', hash });
  return hash;
}

async function codeOver(ground: Ground, plan: string, table: string): Promise<string | null> {
  return (await ground.ask(DEVELOPER, plan, `SELECT sum(weight) AS w FROM ${table}`)).code;
}

/** The certificate of the first version's destruction, once it is there. */
async function destroyed(ground: Ground, table: string): Promise<string> {
  const token = await ground.running.token(SECURITY.role, SECURITY.sub, SECURITY.org);
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await ground.running.request(token, 'GET', `/v1/resources/${table}/versions/1/certificate`);
    if (answer.ok) return answer.text();
    await sleep(100);
  }
  throw new Error(`no certificate for ${table}`);
}
