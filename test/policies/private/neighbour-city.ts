import { DEFAULT_PROFILE, type PolicyProfile } from '../../../policies/levels.ts';
import type { AskEngine } from '../../../policies/release/protect.ts';
import { protectThrough } from '../../../policies/release/protect-through.ts';
import type { CompiledQuery } from '../../../policies/sql/compile.ts';
import type { Cell, TableData } from '../../../policies/table-data.ts';
import type { ColumnSchema, TableSchema } from '../../../policies/table-schema.ts';
import type { SeededRandom as Random } from '../../attack/seeded-random.ts';
import { openGateway } from '../../attack/sql-gateway.ts';
import { DISTRICTS, HOURS, JOBS, KINDS, NO_NOISE, PEOPLE, type Row, TRIPS } from './private-city.ts';

const titled = (column: Omit<ColumnSchema, 'title'>): ColumnSchema => ({
  title: { zh: column.name, en: column.name },
  nullable: false,
  ...column,
});
const FIRM = { type: 'integer', level: 'general-2', role: 'identifier', unit: 'enterprise' } as const;
const PERSON = { ...FIRM, unit: 'person' } as const;
const KIND = { type: 'text', level: 'general-1', role: 'dimension', values: KINDS } as const;

export const FIRMS: TableSchema = {
  table: 'firms',
  level: 'general-2',
  columns: [
    titled({ ...FIRM, name: 'firm', rowsPerUnitMax: 1 }),
    titled({ ...KIND, name: 'sector' }),
    titled({
      ...{ name: 'turnover', type: 'integer', level: 'general-4', role: 'measure' },
      bounds: { min: -1_000, max: 100_000 },
    }),
  ],
};
/** Two people in each row. */
export const PAYMENTS: TableSchema = {
  table: 'payments',
  level: 'general-2',
  columns: [
    titled({ ...PERSON, name: 'payer', rowsPerUnitMax: 2 }),
    titled({ ...PERSON, name: 'payee', nullable: true }),
    titled({ ...KIND, name: 'what' }),
    titled({
      ...{ name: 'amount', type: 'decimal', level: 'general-4', role: 'measure', nullable: true },
      bounds: { min: -10, max: 90 },
    }),
  ],
};

/** Tables by the columns that name a kind of unit in them. */
export const NAMING = {
  person: { trips: ['person'], people: ['person'], posts: ['person'], payments: ['payer', 'payee'] },
  firm: { posts: ['firm'], firms: ['firm'] },
} as const;
export type Kind = keyof typeof NAMING;
const RANKED: Readonly<Record<string, string>> = { trips: 'person', posts: 'firm', payments: 'payee' };

/** The attackers: units with as many and as extreme rows as they like. */
export const ATTACKER: Readonly<Record<Kind, number>> = { person: 999, firm: 888 };

/** A city of its own for a seed: tables, bounds on shares, ranks or none. */
export async function openNeighbours(random: Random, share: Partial<PolicyProfile['privacy']>, ranks: boolean) {
  const tables = [
    { schema: TRIPS, rows: Array.from({ length: 700 }, () => trip(random)) },
    { schema: PEOPLE, rows: Array.from({ length: 60 }, (_, person) => inhabitant(person, random)) },
    {
      schema: JOBS,
      rows: ofEach(
        60,
        () => random.below(4),
        (person) => post(person, random),
      ),
    },
    { schema: FIRMS, rows: Array.from({ length: 22 }, (_, firm) => company(firm, random)) },
    {
      schema: PAYMENTS,
      rows: ofEach(
        60,
        () => random.below(3),
        (payer) => payment(payer, random),
      ),
    },
    { schema: HOURS, rows: [...Array(24).keys(), 7, 7].map((at, place) => hour(at, place)) },
  ];
  const profile = { ...DEFAULT_PROFILE, privacy: { ...DEFAULT_PROFILE.privacy, rho: 1, ...share } };
  const twinsOf = (table: string) => (ranks && RANKED[table] !== undefined ? [`_rank_${RANKED[table]}`] : []);
  const stored = tables.map((one) => ({ ...one, twins: twinsOf(one.schema.table) }));
  const gateway = await openGateway(stored, profile, undefined, null, NO_NOISE);
  for (const { schema } of stored) await storeApart(schema.table, twinsOf(schema.table)[0]);
  for (const statement of ATTACKS) await gateway.raw(statement);

  /** The stored rows in a table that changes, and what the compiler reads as a view over it. */
  async function storeApart(table: string, rank: string | undefined): Promise<void> {
    const place = `row_number() OVER (PARTITION BY ${RANKED[table]} ORDER BY hash(_row_key, 7), rowid) - 1`;
    await gateway.raw(`CREATE TABLE ${table}_rows AS SELECT * FROM "${table}@1"`);
    await gateway.raw(`DROP TABLE "${table}@1"`);
    const columns = rank === undefined ? '*' : `*, ${place} AS ${rank}`;
    await gateway.raw(`CREATE VIEW "${table}@1" AS SELECT ${columns} FROM ${table}_rows`);
  }

  /** The statements that protection asks for, with what earlier releases gave to them. */
  async function statementsOf(compiled: CompiledQuery): Promise<readonly Statement[]> {
    const asked: Statement[] = [];
    const engine = gateway.engineOf(compiled);
    const query: typeof engine.query = (statement, tables) => {
      asked[compiled.cells.indexOf(statement)] = { statement, tables };
      return engine.query(statement, tables);
    };
    await protectThrough({ ...engine, query }, compiled, gateway.policyOf('neighbours'));
    return asked;
  }
  const run = (compiled: CompiledQuery, statements: readonly Statement[]): Promise<readonly TableData[]> => {
    const { query } = gateway.engineOf(compiled);
    return statements.reduce<Promise<TableData[]>>(
      async (done, { statement, tables }) => [...(await done), await query(statement, tables)],
      Promise.resolve([]),
    );
  };

  /** What `work` gives while one unit's rows are in no table. */
  async function without<T>(kind: Kind, ids: readonly number[], work: () => Promise<T>): Promise<T> {
    const all: readonly (readonly [string, readonly string[]])[] = Object.entries(NAMING[kind]);
    for (const [table, columns] of all) {
      await gateway.raw(`CREATE OR REPLACE TEMP TABLE kept_${table} AS SELECT rowid AS r, * FROM ${table}_rows`);
      const named = columns.map((column) => `${column} IN (${ids.join(', ')})`).join(' OR ');
      await gateway.raw(`DELETE FROM ${table}_rows WHERE ${named}`);
    }
    try {
      return await work();
    } finally {
      for (const [table] of all) {
        await gateway.raw(`DELETE FROM ${table}_rows`);
        await gateway.raw(`INSERT INTO ${table}_rows SELECT * EXCLUDE (r) FROM kept_${table} ORDER BY r`);
      }
    }
  }

  return { gateway, statementsOf, run, without };
}
export type Neighbours = Awaited<ReturnType<typeof openNeighbours>>;
export interface Statement {
  readonly statement: CompiledQuery['cells'][number];
  readonly tables: AskEngine['tables'];
}

const ofEach = (units: number, rows: () => number, row: (unit: number) => Row): readonly Row[] =>
  Array.from({ length: units }, (_, unit) => Array.from({ length: rows() }, () => row(unit))).flat();
const orNull = (random: Random, value: Cell): Cell => (random.below(10) === 0 ? null : value);
const cents = (random: Random, low: number, high: number) => (low + random.below((high - low) * 100) / 100).toFixed(2);
/** Some are named much more often than others. */
const skewed = (random: Random, most: number) => Math.min(random.below(most), random.below(most));

function trip(random: Random): Row {
  return {
    person: skewed(random, 70),
    district: random.pick(DISTRICTS),
    kind: orNull(random, random.pick(KINDS)),
    hour: random.below(24),
    stop: orNull(random, random.below(12)),
    fare: orNull(random, cents(random, -5, 100)),
    minutes: random.below(601),
    weight: random.below(4_000) - 2_000,
  };
}
const inhabitant = (person: number, random: Random): Row => {
  return { person, home: random.pick(DISTRICTS), income: random.below(1_000_000) };
};
const post = (person: number, random: Random): Row => {
  return { person, firm: skewed(random, 25), site: random.pick(DISTRICTS), wage: random.below(50_000) };
};
const company = (firm: number, random: Random): Row => {
  return { firm, sector: random.pick(KINDS), turnover: random.below(101_000) - 1_000 };
};
const payment = (payer: number, random: Random): Row => {
  const payee = orNull(random, skewed(random, 50));
  return { payer, payee, what: random.pick(KINDS), amount: orNull(random, cents(random, -10, 90)) };
};
const hour = (at: number, place: number): Row => {
  return { at, part: DISTRICTS[place % 3]!, price: place % 10, label: at < 20 ? `h${at % 4}` : 'night' };
};

const ATTACKS = [
  `INSERT INTO trips_rows SELECT 999, ['centre','east','west'][1 + i % 3], ['bus','ferry','metro','taxi','tram',NULL][1 + i % 6], i % 24, i % 12,
    CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN -5 ELSE 100 END, CASE i % 4 WHEN 0 THEN 7 WHEN 1 THEN 0 ELSE 600 END, 9223372036854775807, i
    FROM range(300) t(i)`,
  `INSERT INTO people_rows VALUES (999, 'east', 1000000, 77)`,
  `INSERT INTO posts_rows SELECT 999, i, 'west', 50000, i FROM range(3) t(i)`,
  `INSERT INTO posts_rows SELECT 100 + i % 40, 888, ['centre','east','west'][1 + i % 3], 50000 * (i % 2), 100 + i FROM range(90) t(i)`,
  `INSERT INTO firms_rows VALUES (888, 'bus', 100000, 5)`,
  `INSERT INTO payments_rows SELECT 200 + i, 999, ['bus','taxi','tram'][1 + i % 3], 90, i FROM range(60) t(i)`,
  `INSERT INTO payments_rows SELECT 999, i, 'bus', -10, 100 + i FROM range(2) t(i)`,
];
