import { beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../policies/errors.ts';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import type { CandidatePartition } from '../../../policies/release/guard/judge.ts';
import type { GuardEntry } from '../../../policies/release/guarded.ts';
import { type CellsEngine, protectThrough } from '../../../policies/release/protect-through.ts';
import { stagesOf } from '../../../policies/sql/rewrite/given.ts';
import type { Cell } from '../../../policies/table-data.ts';
import type { ColumnSchema, TableSchema } from '../../../policies/table-schema.ts';
import { openGateway, type SqlGateway } from '../../attack/sql-gateway.ts';
import { freshMemory } from '../release/fresh-memory.ts';

/**
 * Goal: a release that decides about rows gives what the two questions give one after the other, and no more.
 * Reference: the inner question asked by itself, its answer written into the outer one as text. Not covered: what the guard says of
 * three questions (guard-lineages.full.test.ts).
 */
type Level = TableSchema['level'];

const column = (level: Level, spec: Partial<ColumnSchema> & Pick<ColumnSchema, 'name' | 'type'>): ColumnSchema => ({
  ...{ title: { zh: spec.name, en: spec.name }, level, role: 'attribute', nullable: false },
  ...spec,
});

const people = (level: Level): TableSchema => ({
  table: 'person',
  level,
  columns: [
    column(level, { name: 'pid', type: 'text', role: 'identifier', unit: 'person', rowsPerUnitMax: 1 }),
    column('general-1', { name: 'dept', type: 'text', role: 'dimension', values: ['a', 'b', 'c', 'd'] }),
    column(level, { name: 'town', type: 'text' }),
    column(level, { name: 'age', type: 'integer', role: 'quasi-identifier', bins: [18, 40, 65] }),
    column(level, { name: 'income', type: 'integer', role: 'measure', bounds: { min: 0, max: 10_000 } }),
  ],
});

/** Nobody is in d; town t9 has five people. */
const ROWS = Array.from(
  { length: 3000 },
  (_, i): Readonly<Record<string, Cell>> => ({
    pid: BigInt(i + 1),
    dept: 'abc'[i % 7 < 4 ? 0 : i % 3]!,
    town: i < 5 ? 't9' : `t${(i * i) % 7}`,
    age: BigInt((i * 31) % 90),
    income: BigInt((i * 7919) % 9973),
  }),
);

const gatewayOf = (level: Level, memory = freshMemory()) =>
  openGateway(
    [{ schema: people(level), rows: ROWS, rowsPerUnitMax: { person: 1 } }],
    DEFAULT_PROFILE,
    undefined,
    memory,
  );

const MEAN = 'SELECT avg(income) FROM person';
const LARGE = 'SELECT town FROM person GROUP BY town HAVING count(*) > 400';

/** The query, and the one that a reader of the inner answer would write. */
const PAIRS: readonly (readonly [string, string, (inner: string) => string])[] = [
  [
    `SELECT dept, count(*), sum(income) FROM person WHERE income > (${MEAN}) GROUP BY dept ORDER BY dept`,
    MEAN,
    (mean) =>
      `SELECT dept, count(*), sum(income) FROM person, (VALUES (${mean})) m(m) WHERE income > m GROUP BY dept ORDER BY dept`,
  ],
  [
    `WITH m(mean) AS (${MEAN}) SELECT CASE WHEN income > mean THEN 'high' ELSE 'low' END AS band, count(*) FROM person, m GROUP BY 1 ORDER BY 1`,
    MEAN,
    (mean) =>
      `SELECT CASE WHEN income > m THEN 'high' ELSE 'low' END AS band, count(*) FROM person, (VALUES (${mean})) m(m) GROUP BY 1 ORDER BY 1`,
  ],
  [
    `SELECT dept, count(*) FROM person WHERE town IN (${LARGE}) GROUP BY dept ORDER BY dept`,
    LARGE,
    (towns) => `SELECT dept, count(*) FROM person WHERE town IN (${towns}) GROUP BY dept ORDER BY dept`,
  ],
  [
    `SELECT dept, count(*) FROM person WHERE town NOT IN (${LARGE}) GROUP BY dept ORDER BY dept`,
    LARGE,
    (towns) => `SELECT dept, count(*) FROM person WHERE town NOT IN (${towns}) GROUP BY dept ORDER BY dept`,
  ],
  [
    'SELECT dept, count(*) FROM person p WHERE income > (SELECT 1.2 * avg(income) FROM person q WHERE q.town = p.town) GROUP BY dept ORDER BY dept',
    'SELECT town, 1.2 * avg(income) FROM person GROUP BY town',
    (means) =>
      `SELECT dept, count(*) FROM person p JOIN (VALUES ${means}) m(town, mean) ON m.town = p.town WHERE income > m.mean GROUP BY dept ORDER BY dept`,
  ],
];

const literal = (cell: Cell): string =>
  typeof cell === 'string' ? `'${cell}'` : cell === null ? 'NULL' : String(cell);
const written = (rows: readonly (readonly Cell[])[]): string =>
  rows.map((row) => (row.length === 1 ? literal(row[0]!) : `(${row.map(literal).join(', ')})`)).join(', ');

describe.each(['general-2', 'general-3'] as const)('level %s', (level) => {
  it.each(PAIRS)('%s', async (whole, inner, outer) => {
    const given = await (await gatewayOf(level)).ask(inner);
    const inTwo = (await (await gatewayOf(level)).ask(outer(written(given.rows)))).rows;
    const inOne = (await (await gatewayOf(level)).ask(whole)).rows;
    expect(inOne.map(([key]) => key)).toEqual(inTwo.map(([key]) => key));
    // What the guard knows of the inner answer may hide more; what shows is the same.
    const shown = inOne.flatMap((row, at) =>
      row.flatMap((cell, place) => (cell === null ? [] : [[cell, inTwo[at]![place]]])),
    );
    expect(shown.length).toBeGreaterThan(3);
    for (const [one, two] of shown) expect(one).toEqual(two);
  });

  it('nothing that is hidden decides: rows beside it meet nothing', async () => {
    const gateway = await gatewayOf(level);
    const hidden = "SELECT avg(income) FROM person WHERE town = 't9'";
    expect((await gateway.ask(hidden)).rows).toEqual([[null]]);
    const { rows } = await gateway.ask(`SELECT dept, count(*) FROM person WHERE income > (${hidden}) GROUP BY dept`);
    expect(rows.map(([, count]) => count)).toEqual([null, null, null, null]);
    const [[raw]] = (await gateway.raw(`SELECT count(*) FROM person WHERE income > (${hidden})`)) as [[number]];
    expect(raw).toBeGreaterThan(100); // control: the true mean would have met people
  });

  it('in three steps', async () => {
    const gateway = await gatewayOf(level);
    const { private: plan } = await gateway.compile(
      `SELECT count(*) FROM person WHERE income > (${MEAN} WHERE income > (${MEAN}))`,
    );
    expect(stagesOf(plan.boundaries, plan.givens)).toEqual([
      { givens: [], boundaries: [0] },
      { givens: [0], boundaries: [1] },
      { givens: [1], boundaries: [2] },
    ]);
  });
});

describe('differencing between the steps of one query', () => {
  const DIFFERENCE = `SELECT (SELECT count(*) FROM person) AS everybody,
    (SELECT count(*) FROM person WHERE town <> 't9' AND 0 <= (SELECT count(*) FROM person)) AS without_five`;

  it.each([
    ['general-2', null],
    ['general-3', 0],
  ] as const)('tells nothing at level %s', async (level, difference) => {
    const [[everybody, rest]] = (await (await gatewayOf(level)).ask(DIFFERENCE)).rows as [[number, number | null]];
    expect(everybody).toBeGreaterThan(2900);
    expect(rest === null ? null : everybody - rest).toBe(difference);
  });

  it('would tell how many are in town t9 (control: a guard that forgets)', async () => {
    const blind = { ...freshMemory(), hold: (part: string, one: CandidatePartition) => freshMemory().hold(part, one) };
    const [[everybody, rest]] = (await (await gatewayOf('general-2', blind)).ask(DIFFERENCE)).rows as [
      [number, number],
    ];
    expect(everybody - rest).toBe(5);
  });
});

describe('the same step written twice', () => {
  it('is one release, and so is what stands on it', async () => {
    const above = `(SELECT avg(income) FROM person WHERE income > (${MEAN}))`;
    const { private: plan } = await (await gatewayOf('general-4')).compile(
      `SELECT count(*) FROM person WHERE income > ${above} OR income > 2 * ${above}`,
    );
    expect(plan.boundaries).toHaveLength(3);
    expect(plan.givens).toHaveLength(2);
  });
});

describe('what is given is a list that the asker wrote', () => {
  let gateway: SqlGateway;
  beforeAll(async () => {
    gateway = await gatewayOf('general-2');
  });

  it.each([
    ['its values are no summands', `SELECT sum(income - (${MEAN})) FROM person`],
    ['nor cut points of quasi-identifiers', 'SELECT count(*) FROM person WHERE age > (SELECT avg(age) FROM person)'],
    [
      'nor met twice',
      `SELECT count(*) FROM person p JOIN (SELECT dept, town, count(*) AS n FROM person GROUP BY dept, town) g
         ON g.dept = p.dept WHERE p.income > g.n`,
    ],
    ['rows and groups in one list', `SELECT count(*) FROM (SELECT town FROM person UNION ALL ${LARGE})`],
  ])('%s', async (_, sql) => {
    expect(await gateway.attempt(sql)).toBe('POLICY_CONSTRUCT_REFUSED');
  });
});

describe('mode dp', () => {
  it('pays for both, as much as was asked for', async () => {
    const gateway = await gatewayOf('general-4');
    const {
      charges,
      mechanisms,
      private: plan,
    } = await gateway.compile(`SELECT count(*) FROM person WHERE income > (${MEAN})`);
    expect(plan.boundaries).toHaveLength(2);
    const paid = mechanisms.reduce((sum, { rho }) => sum + rho, 0);
    expect(charges).toHaveLength(1);
    expect(paid).toBeCloseTo(charges[0]!.rho, 6);
    expect(charges[0]!.rho).toBeLessThanOrEqual(DEFAULT_PROFILE.privacy.rho);
    expect(charges[0]!.rho).toBeGreaterThan(0.9 * DEFAULT_PROFILE.privacy.rho);
  });
});

describe('a later step that fails', () => {
  const failed = async (statement: 'first' | 'given') => {
    const memory = freshMemory();
    const forgotten: GuardEntry[] = [];
    const forget = (entry: GuardEntry) => {
      forgotten.push(entry);
      memory.forget(entry);
    };
    const gateway = await gatewayOf('general-2');
    const compiled = await gateway.compile(`SELECT count(*) FROM person WHERE income > (${MEAN})`);
    const fail = () => Promise.reject(new AppError('SANDBOX_TIMEOUT', { deadlineMs: 1 }));
    const engine = gateway.engineOf(compiled);
    const failing: CellsEngine = {
      query: (sql, tables) => (sql === compiled.cells[1] ? fail() : engine.query(sql, tables)),
      finish: (tables, sql) => (statement === 'given' ? fail() : engine.finish(tables, sql)),
    };
    const policy = { ...gateway.policyOf('job'), memory: { ...memory, forget } };
    await expect(protectThrough(failing, compiled, policy)).rejects.toMatchObject({ code: 'SANDBOX_TIMEOUT' });
    return forgotten.flatMap(({ held }) => held);
  };

  it.each(['given', 'first'] as const)('lets go of what the first one held: %s', async (statement) => {
    expect(await failed(statement)).not.toEqual([]);
  });
});
