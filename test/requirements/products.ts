import { deepStrictEqual, ok } from 'node:assert/strict';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { canonicalJson, sha256Hex } from '../../catalog/index.ts';
import { BUREAU, DEVELOPER, type Ground, OPERATOR, PROVIDER, type Who } from './ground.ts';
import type { Requirement } from './requirement.ts';

type Json = Readonly<Record<string, unknown>>;
const title = { zh: '产品', en: 'product' };
/** Another developer, with a plan of its own. */
const REDEVELOPER: Who = { role: 'developer', sub: 'rita', org: 'redev-data' };

/** The five forms, what is made of them, and their review. In this order: a plan and its answers serve all that follow. */
export const PRODUCTS: readonly Requirement[] = [
  {
    id: '46',
    paragraph: 'A1',
    tests: [
      {
        name: 'a dataset has the cells that were released to its maker, told apart by keys',
        async enforce(ground) {
          const job = await byDepartment(ground);
          const content = dataset(job);
          await invalid(ground, { ...content, keys: ['people'] }, 'two rows have one key');
          await invalid(ground, { ...content, sources: [{ job: await anothersJob(ground) }] }, 'no released answer');
          await invalid(
            ground,
            { ...content, columns: [...content.columns, { name: 'pay', title }] },
            'no column `pay`',
          );
          const { material } = await published(ground, 'set', content);
          const rows = material['rows'] as readonly (readonly [string, unknown])[];
          const small = rows.find(([dept]) => dept === 'd');
          ok(
            rows.some(([dept, people]) => dept === 'a' && Number(people) > 100),
            'control',
          );
          ok(small === undefined || small[1] === null, 'nine people are hidden in the product as in the answer');
          return ground.logged('product', 'published: dataset set@1');
        },
      },
      {
        name: 'an interface answers with consent alone, and whoever goes through subjects is frozen',
        async enforce(ground) {
          const prober: Who = { role: 'developer', sub: 'prober', org: 'prober-data' };
          await ground.approve('probed', {}, prober);
          const wordless = { ...LOOKUP, subject: { ...LOOKUP.subject, consentBy: ['dept'] } };
          await refusedAs(ground, prober, 'probed', wordless, 'is no identifier');
          const banded = { ...LOOKUP, answer: { mode: 'verify', holds: [{ feature: 'F9', op: '>', value: 0 }] } };
          await refusedAs(ground, prober, 'probed', banded, 'no feature');
          await release(ground, await submitted(ground, prober, 'probed', 'probe', LOOKUP), prober, [PROVIDER]);
          const asked: string[] = [];
          for (let n = 0; n < 30 && asked.at(-1) !== 'POLICY_FROZEN'; n += 1) {
            const question = {
              product: 'probe',
              subject: `P${String(n * 13).padStart(4, '0')}`,
              also: [],
              consents: [],
            };
            const answer = await ground.running.request(await tokenOf(ground, prober), 'POST', '/v1/lookups', question);
            const { code, answer: word } = (await answer.json()) as Json;
            asked.push(String(code ?? word));
          }
          deepStrictEqual([...new Set(asked)], ['unknown', 'POLICY_FROZEN']);
          return ground.logged('freeze', 'enumeration of probe');
        },
      },
      {
        name: 'a model’s coefficients are the gateway’s, and stand on enough groups of enough people',
        async enforce(ground) {
          const byYear = (where = '') =>
            `SELECT year(born) AS born, count(*) AS people, avg(pay) AS pay FROM people ${where} GROUP BY year(born)`;
          const job = await answered(ground, DEVELOPER, 'forms', byYear());
          const content = { form: 'model', sources: [{ job }], target: 'pay', features: ['born'], support: 'people' };
          await ground.refused('REQUEST_INVALID', DEVELOPER, 'POST', '/v1/products', {
            ...filed('forms', 'own-model', content),
            content: { ...content, coefficients: [{ term: 'born', value: 12.345678901234567 }] },
          });
          const narrow = await answered(ground, DEVELOPER, 'forms', byYear("WHERE born < DATE '1965-01-01'"));
          await invalid(ground, { ...content, sources: [{ job: narrow }] }, 'are needed');
          await invalid(ground, { ...content, support: 'born', features: ['people'] }, 'constant', 'are needed');
          const { material } = await published(ground, 'model', content);
          ok(Number(material['groups']) >= 10 && Number(material['units']) >= 100, JSON.stringify(material));
          return ground.logged('product', 'published: model model@1');
        },
      },
      {
        name: 'a report’s numbers are those of released cells, each traced; one that is typed is refused',
        async enforce(ground) {
          const job = await byDepartment(ground);
          const cell = (dept: string) => ({ source: 0, column: 'people', where: { dept } });
          const numbers = [{ name: 'n', of: 'value', cells: [cell('a')], decimals: 0 }];
          const text = { zh: '甲部门有{{n}}人。', en: 'Department a has {{n}} people.' };
          const content = { form: 'report', sources: [{ job }], text, numbers, said: [] };
          await invalid(ground, { ...content, text: { ...text, zh: '甲部门有{{n}}人，约131人。' } }, 'not traced');
          await invalid(ground, { ...content, text: { ...text, zh: '甲部门有{{n}}人，约一百三十人。' } }, 'not traced');
          await invalid(ground, { ...content, numbers: [{ ...numbers[0], cells: [cell('d')] }] }, 'hidden', 'no row');
          const { material } = await published(ground, 'report', content);
          const [traced] = material['numbers'] as readonly { readonly text: string }[];
          deepStrictEqual((material['text'] as { en: string }).en, `Department a has ${traced?.text} people.`);
          return ground.logged('product', 'published: report report@1');
        },
      },
      {
        name: 'an index gives bands of a registered formula, and nothing finer',
        async enforce(ground) {
          const content = index([{ job: await byDepartment(ground) }]);
          const fine = Array.from({ length: 11 }, (_, n) => ({ label: `B${n}`, from: n === 10 ? null : 100 - n }));
          await invalid(ground, { ...content, scale: { ...content.scale, bands: fine } }, '2 to 10');
          const { material } = await published(ground, 'index', content);
          const columns = (material['columns'] as readonly { name: string }[]).map(({ name }) => name);
          deepStrictEqual(columns, ['dept', 'band', 'reasons']);
          return ground.logged('product', 'published: index index@1');
        },
      },
    ],
  },
  {
    id: '08',
    paragraph: 'T2',
    tests: [
      {
        name: 'an operator’s service is made by a versioned recipe over answers, comes out the same again, and leaves the source as it was',
        async enforce(ground) {
          const source = async () => (await ground.permitted(PROVIDER, 'GET', '/v1/resources/people'))['current'];
          const before = await source();
          await ground.approve('cleaning', { org: OPERATOR.org }, OPERATOR);
          await ground.refused('POLICY_ROWS_REFUSED', OPERATOR, 'POST', '/v1/jobs', {
            plan: 'cleaning',
            sql: 'SELECT dept, pay FROM people',
          });
          const job = await answered(ground, OPERATOR, 'cleaning', BY_DEPARTMENT);
          const first = await submitted(ground, OPERATOR, 'cleaning', 'cleaned', dataset(job));
          await release(ground, first, OPERATOR);
          const again = await submitted(ground, OPERATOR, 'cleaning', 'cleaned', dataset(job));
          const made = ({ content }: Json & Version) => (content as { madeSha256: string }).madeSha256;
          deepStrictEqual([first.version, again.version, made(again)], [1, 2, made(first)]);
          const { nodes } = (await ground.permitted(BUREAU, 'GET', '/v1/products/cleaned/2/lineage')) as {
            nodes: readonly { kind: string; id: string }[];
          };
          deepStrictEqual(
            nodes.map(({ kind, id }) => (kind === 'answer' ? id === job : `${kind} ${id}`)),
            ['product cleaned@2', true, 'table people@1'],
          );
          deepStrictEqual(await source(), before);
          return `lineage of cleaned@2: ${nodes.map(({ kind, id }) => `${kind} ${id}`).join(' ← ')}`;
        },
      },
    ],
  },
  {
    id: '27',
    paragraph: 'T11',
    tests: [
      {
        name: 'a developer makes of a product what was delivered and nothing else; operators and who belongs to them make nothing of it',
        async enforce(ground) {
          await ground.approve('redeveloped', {}, REDEVELOPER);
          const held = await submitted(ground, DEVELOPER, 'forms', 'held', dataset(await byDepartment(ground)));
          const over = (product: string) => filed('redeveloped', 'again', index([{ product, version: 1 }]));
          await ground.refused('PRODUCT_NOT_FOUND', REDEVELOPER, 'POST', '/v1/products', over('held'));
          const anothers = filed('redeveloped', 'again', index([{ job: await byDepartment(ground) }]));
          await ground.refused('PRODUCT_INVALID', REDEVELOPER, 'POST', '/v1/products', anothers);
          await release(ground, held, DEVELOPER);
          await ground.approve('operated', { org: OPERATOR.org }, OPERATOR);
          const byOperator = { ...over('held'), plan: 'operated' };
          await ground.refused('OPERATOR_AFFILIATE', OPERATOR, 'POST', '/v1/products', byOperator);
          await kinOfOperator(ground, over('held'));
          const made = await submitted(ground, REDEVELOPER, 'redeveloped', 'again', over('held').content);
          const lineage = await ground.permitted(BUREAU, 'GET', '/v1/products/again/1/lineage');
          const nodes = lineage['nodes'] as readonly { kind: string; id: string; sha256: string }[];
          deepStrictEqual(
            nodes.map(({ kind, id }) => (kind === 'answer' ? kind : `${kind} ${id}`)),
            ['product again@1', 'product held@1', 'answer', 'table people@1'],
          );
          const below = await ground.permitted(BUREAU, 'GET', '/v1/products/held/1/lineage');
          deepStrictEqual(below['usedBy'], ['again@1']);
          await release(ground, made, REDEVELOPER);
          await ground.permitted(DEVELOPER, 'DELETE', '/v1/products/held/1');
          await ground.refused('PRODUCT_STATE', REDEVELOPER, 'GET', '/v1/products/again/1/material');
          await ground.refused('PRODUCT_NOT_FOUND', REDEVELOPER, 'POST', '/v1/products', over('held'));
          return `lineage of again@1: ${nodes.map(({ kind, id }) => `${kind} ${id}`).join(' ← ')}`;
        },
      },
    ],
  },
  {
    id: '28',
    paragraph: 'T11',
    tests: [
      {
        name: 'the content is held, from its maker too, until the bureau has reviewed it; what is released has the hash that was reviewed',
        async enforce(ground) {
          const product = await submitted(ground, DEVELOPER, 'forms', 'reviewed', dataset(await byDepartment(ground)));
          const path = '/v1/products/reviewed/1';
          await ground.refused('POLICY_ACCESS_DENIED', DEVELOPER, 'GET', `${path}/material`);
          await ground.refused('PRODUCT_NOT_FOUND', REDEVELOPER, 'GET', `${path}/material`);
          await ground.refused('PRODUCT_STATE', DEVELOPER, 'POST', `${path}/publication`);
          const verdict = (hash: string) => ({ verdict: 'approve', hash });
          await ground.refused('POLICY_ACCESS_DENIED', DEVELOPER, 'POST', `${path}/decisions`, verdict(product.hash));
          await ground.refused('PRODUCT_STATE', BUREAU, 'POST', `${path}/decisions`, verdict('0'.repeat(64)));
          const seen = await ground.permitted(BUREAU, 'GET', `${path}/material`);
          await ground.permitted(BUREAU, 'POST', `${path}/decisions`, verdict(product.hash));
          await ground.refused('POLICY_ACCESS_DENIED', DEVELOPER, 'GET', `${path}/material`);
          await changedBehindTheGateway(ground, path);
          await ground.permitted(DEVELOPER, 'POST', `${path}/publication`);
          const received = await ground.permitted(REDEVELOPER, 'GET', `${path}/material`);
          const released = await ground.permitted(REDEVELOPER, 'GET', path);
          const { madeSha256 } = released['content'] as { madeSha256: string };
          deepStrictEqual([sha256Hex(canonicalJson(received)), received], [madeSha256, seen]);
          deepStrictEqual(
            (released['decisions'] as readonly { hash: string }[]).map(({ hash }) => hash),
            [released['hash']],
          );
          return ground.logged('product', `delivered: dataset reviewed@1, sha-256 ${product.hash}`);
        },
      },
    ],
  },
];

interface Version {
  readonly id: string;
  readonly version: number;
  readonly hash: string;
}

const BY_DEPARTMENT = 'SELECT dept, count(*) AS people FROM people GROUP BY dept';
const dataset = (job: string) => ({
  form: 'dataset',
  sources: [{ job }],
  columns: ['dept', 'people'].map((name) => ({ name, title })),
  keys: ['dept'],
});
const index = (sources: readonly object[]) => ({
  form: 'index',
  sources,
  keys: ['dept'],
  features: [{ code: 'F1', title, source: 0, column: 'people' }],
  scale: {
    mode: 'band',
    points: [
      {
        feature: 'F1',
        steps: [
          { from: null, points: 1 },
          { from: 100, points: 2 },
        ],
        none: 0,
      },
    ],
    bands: [
      { label: 'A', from: 2 },
      { label: 'B', from: null },
    ],
    reasonsMax: 0,
  },
});
const LOOKUP = {
  form: 'interface',
  subject: { resource: 'people', key: 'id', also: [], consentBy: ['id'] },
  features: [{ code: 'F1', title, resource: 'people', key: 'id', aggregate: 'count', column: null, where: [] }],
  answer: { mode: 'verify', holds: [{ feature: 'F1', op: '>', value: 0 }] },
  limits: { perSubject: { times: 1, period: 'day' }, perDay: 100 },
};

const filed = (plan: string, id: string, content: object) => ({ id, title, plan, content });
const tokenOf = ({ running }: Ground, { role, sub, org }: Who) => running.token(role, sub, org);

/** A released answer of the developer's, under the plan that these products are made under. */
async function byDepartment(ground: Ground): Promise<string> {
  return answered(ground, DEVELOPER, 'forms', BY_DEPARTMENT);
}

async function answered(ground: Ground, who: Who, plan: string, sql: string): Promise<string> {
  const known = await ground.running.request(await tokenOf(ground, who), 'GET', `/v1/plans/${plan}`);
  if (!known.ok) await ground.approve(plan, {}, who);
  const { code, id } = await ground.ask(who, plan, sql);
  deepStrictEqual(code, null, sql);
  return String(id);
}

const anothersJob = (ground: Ground) => answered(ground, REDEVELOPER, 'forms-of-another', BY_DEPARTMENT);

async function submitted(ground: Ground, who: Who, plan: string, id: string, content: object): Promise<Json & Version> {
  return (await ground.permitted(who, 'POST', '/v1/products', filed(plan, id, content))) as Json & Version;
}

/** Reviewed by everybody who is asked, and published. */
async function release(
  ground: Ground,
  { id, version, hash }: Version,
  maker: Who,
  reviewers: readonly Who[] = [],
): Promise<void> {
  const path = `/v1/products/${id}/${version}`;
  for (const reviewer of [...reviewers, BUREAU])
    await ground.permitted(reviewer, 'POST', `${path}/decisions`, { verdict: 'approve', hash });
  await ground.permitted(maker, 'POST', `${path}/publication`);
}

async function published(ground: Ground, id: string, content: object): Promise<{ readonly material: Json }> {
  const product = await submitted(ground, DEVELOPER, 'forms', id, content);
  await release(ground, product, DEVELOPER);
  return { material: await ground.permitted(DEVELOPER, 'GET', `/v1/products/${id}/1/material`) };
}

const invalid = (ground: Ground, content: object, ...words: readonly string[]) =>
  refusedAs(ground, DEVELOPER, 'forms', content, ...words);

/** Refused before any review, with one of these words. */
async function refusedAs(
  ground: Ground,
  who: Who,
  plan: string,
  content: object,
  ...words: readonly string[]
): Promise<void> {
  const refusal = await ground.refused('PRODUCT_INVALID', who, 'POST', '/v1/products', filed(plan, 'refused', content));
  ok(
    words.some((word) => String(refusal['detail']).includes(word)),
    String(refusal['detail']),
  );
}

/** Whoever belongs to the operator, over a shared legal representative. */
async function kinOfOperator(ground: Ground, product: object): Promise<void> {
  const kin: Who = { role: 'developer', sub: 'kit', org: 'kin-of-operator' };
  await ground.operator('op-of-kin');
  for (const org of [kin.org, OPERATOR.org])
    await ground.permitted(BUREAU, 'POST', '/v1/affiliations', {
      org,
      kind: 'legal-person',
      value: '李某',
      source: 'register',
    });
  await ground.approve('kin-plan', {}, kin);
  await ground.refused('OPERATOR_AFFILIATE', kin, 'POST', '/v1/products', { ...product, plan: 'kin-plan' });
}

/** Another content in the place of what was reviewed is not published; put back, it is. */
async function changedBehindTheGateway(ground: Ground, path: string): Promise<void> {
  const change = (from: string, to: string) => {
    const file = new Database(join(ground.running.home, 'sluice.db'));
    file
      .prepare(
        `UPDATE product_materials SET json = CAST(replace(CAST(json AS TEXT), ?, ?) AS BLOB) WHERE product = 'reviewed'`,
      )
      .run(from, to);
    file.close();
  };
  change('"people"', '"persons"');
  await ground.refused('CATALOGUE_CORRUPT', DEVELOPER, 'POST', `${path}/publication`);
  change('"persons"', '"people"');
}
