import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../../policies/errors.ts';
import { emitRel } from '../../../policies/sql/emit/emit-rel.ts';
import { AGGREGATES } from '../../../policies/sql/functions/aggregates.ts';
import { INTERNAL_AGGREGATES } from '../../../policies/sql/functions/internal-aggregates.ts';
import { SCALAR_FUNCTIONS } from '../../../policies/sql/functions/registry.ts';
import type { Parameter } from '../../../policies/sql/functions/scalar-entry.ts';
import type { UntrustedSql } from '../../../policies/sql/parse.ts';
import type { ColumnId, Expr, NamedAggregate, Rel, ScanColumn } from '../../../policies/sql/plan.ts';
import { argument, scalarCall } from '../../../policies/sql/resolve-call.ts';
import { arithmetic, comparison, merge, negation } from '../../../policies/sql/resolve-operators.ts';
import {
  BOOLEAN,
  DATE,
  DOUBLE,
  decimal,
  HUGEINT,
  INTEGER,
  type SqlType,
  TEXT,
  TIMESTAMP,
} from '../../../policies/sql/sql-type.ts';
import { createContext } from '../../../policies/sql/syntax-node.ts';
import { engineType } from '../../../policies/sql/type-rules.ts';

/**
 * Goal: no expression over any data raises, overflows, or gives NaN or infinity.
 * Method: typed random expressions, made from the function table itself by the compiler's own typing, over columns of
 * the nastiest values of each type; the emitted SQL runs in DuckDB.
 * Invariants: no engine error; every double finite; the engine's type is the plan's type.
 */
const RUNS = Number(process.env['SLUICE_FUZZ_RUNS'] ?? 400);
const SEED = Number(process.env['SLUICE_FUZZ_SEED'] ?? 20261123);

const NASTY: readonly {
  readonly name: string;
  readonly type: SqlType;
  readonly values: readonly string[];
  readonly bounds?: { min: number; max: number };
}[] = [
  {
    name: 'i',
    type: INTEGER,
    values: [
      '-9223372036854775808',
      '9223372036854775807',
      '0',
      '-1',
      '1',
      '2147483648',
      '-2147483649',
      '7',
      '9999999999',
    ],
  },
  {
    name: 'h',
    type: HUGEINT,
    values: [
      '-170141183460469231731687303715884105728',
      '170141183460469231731687303715884105727',
      '0',
      '-1',
      '99999999999999999999',
      '3',
    ],
  },
  {
    name: 'm',
    type: decimal(18, 2),
    values: ['9999999999999999.99', '-9999999999999999.99', '0', '0.01', '-0.01', '259.00'],
  },
  {
    name: 'n',
    type: decimal(38, 9),
    values: ['99999999999999999999999999999.999999999', '-99999999999999999999999999999.999999999', '0', '0.000000001'],
  },
  {
    name: 'x',
    type: DOUBLE,
    values: ['1.7976931348623157e308', '-1.7976931348623157e308', '4.9e-324', '0', '-0.0', '1e19', '0.1', '-1'],
  },
  {
    name: 's',
    type: TEXT,
    values: [
      "''",
      "'%'",
      "'nan'",
      "'-infinity'",
      "'1e400'",
      "'2024-02-30'",
      "'😀中文ß'",
      "'İıſ'",
      "repeat('a', 4000)",
      "'9999999999999999999999'",
      'chr(7)',
      "'5881580-07-10'",
    ],
  },
  {
    name: 'd',
    type: DATE,
    values: [
      "'5881580-07-10'",
      "'5877642-06-25 (BC)'",
      "'1970-01-01'",
      "'2024-02-29'",
      "'0001-01-01'",
      "'9999-12-31'",
      "'infinity'",
      "'-infinity'",
    ],
  },
  {
    name: 't',
    type: TIMESTAMP,
    values: [
      "'294247-01-10 04:00:54.775806'",
      "'290309-12-22 (BC) 00:00:00'",
      "'1970-01-01 00:00:00'",
      "'2024-02-29 23:59:59.999999'",
      "'infinity'",
      "'-infinity'",
    ],
  },
  { name: 'b', type: BOOLEAN, values: ['true', 'false'] },
  {
    name: 'small',
    type: decimal(18, 2),
    values: ['1000000.00', '-1000000.00', '0.01', '0', '999999.99'],
    bounds: { min: -1e6, max: 1e6 },
  },
  { name: 'few', type: INTEGER, values: ['-3', '0', '7'], bounds: { min: -3, max: 7 } },
];
const SCAN: Rel = {
  kind: 'scan',
  source: { kind: 'table', resource: 'nasty', version: 1, table: 'nasty', level: 'general-1', rowsPerUnitMax: {} },
  columns: NASTY.map(
    ({ name, type, bounds }, index): ScanColumn => ({
      id: index as ColumnId,
      name,
      column: name,
      type,
      level: 'general-1',
      role: 'attribute',
      unit: null,
      bounds: bounds ?? null,
      values: null,
      nullable: true,
      health: false,
    }),
  ),
};
const CTX = createContext({ text: '' as UntrustedSql, node: null }, new Map(), {
  today: '2026-11-23',
  now: '2026-11-23T00:00:00',
});

let connection: DuckDBConnection;
let instance: DuckDBInstance;
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  connection = await instance.connect();
  const rows = 120;
  const cells = NASTY.map(({ name, type, values }, column) => {
    const picks = Array.from({ length: rows }, (_, row) =>
      row % 7 === column % 7 ? 'NULL' : `${values[(row * 7 + Math.floor(row / 13) * (column + 1)) % values.length]}`,
    );
    return `unnest([${picks.map((pick) => `CAST(${type.kind === 'text' || pick === 'NULL' || pick.startsWith("'") ? pick : `'${pick}'`} AS ${engineType(type)})`).join(', ')}]) AS ${name}`;
  });
  await connection.run(`CREATE TABLE "nasty@1" AS SELECT ${cells.join(', ')}`);
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

const literal = (type: SqlType, value: string): Expr => ({ kind: 'literal', type, value, at: null });
const EXTREMES: readonly Expr[] = [
  literal(INTEGER, '9223372036854775807'),
  literal(INTEGER, '-9223372036854775808'),
  literal(HUGEINT, '170141183460469231731687303715884105727'),
  literal(decimal(18, 2), '9999999999999999.99'),
  literal(DOUBLE, '1e308'),
  literal(TEXT, 'x'),
  literal(DATE, '9999-12-31'),
  literal(TIMESTAMP, '9999-12-31 23:59:59'),
];
/** Columns twice, so that literals, which the engine folds before it runs, stay the rarer leaf. */
const columns = (kinds: readonly SqlType['kind'][]): fc.Arbitrary<Expr> =>
  fc.constantFrom(
    ...NASTY.flatMap(({ type }, index): Expr[] => {
      const column: Expr = { kind: 'column', id: index as ColumnId, type, at: null };
      return kinds.includes(type.kind) ? [column, column] : [];
    }),
    ...EXTREMES.filter((extreme) => kinds.includes(extreme.type.kind)),
  );

const NUMBERS = ['integer', 'hugeint', 'decimal', 'double'] as const;
const KINDS: Readonly<Record<Parameter['is'], readonly SqlType['kind'][]>> = {
  boolean: ['boolean'],
  integer: ['integer'],
  double: NUMBERS,
  number: NUMBERS,
  text: ['text'],
  'as-text': ['text', 'integer', 'decimal', 'double', 'date', 'boolean', 'timestamp'],
  date: ['date'],
  timestamp: ['timestamp', 'date'],
  temporal: ['timestamp', 'date'],
  interval: ['interval'],
  any: ['integer', 'decimal', 'double', 'text', 'date', 'timestamp', 'boolean'],
};
/** Literals that some rule of the table accepts; the others are thrown away by the rule itself. */
const CONSTANTS: readonly Expr[] = [
  ...['0', '1', '2', '-1', '3', '10', '-15', '1000'].map((value) => literal(INTEGER, value)),
  ...['0.5', '0', '1'].map((value) => literal(DOUBLE, value)),
  ...['', 'a', '%', 'month', 'year', 'day', 'second', 'dow', '%Y-%m-%d %j', '^[a-z0-9]+$', '#', '-'].map((value) =>
    literal(TEXT, value),
  ),
];

function argumentOf(parameter: Parameter, depth: number): fc.Arbitrary<Expr> {
  if (parameter.constant !== undefined) return fc.constantFrom(...CONSTANTS);
  return ofKinds(KINDS[parameter.is], depth);
}

/** An expression whose type is one of `kinds`; what the typing refuses falls back to a column. */
function ofKinds(kinds: readonly SqlType['kind'][], depth: number): fc.Arbitrary<Expr> {
  if (kinds.length === 1 && kinds[0] === 'interval') {
    return fc.constant<Expr>({
      kind: 'literal',
      type: { kind: 'interval' },
      value: { months: 999999, days: -999999, micros: '999999000000' },
      at: null,
    });
  }
  const leaf = columns(kinds);
  if (depth === 0) return leaf;
  const fallback = (made: fc.Arbitrary<Expr | null>): fc.Arbitrary<Expr> =>
    fc.tuple(made, leaf).map(([expr, plain]) => (expr !== null && kinds.includes(expr.type.kind) ? expr : plain));
  return fc.oneof(
    { weight: 1, arbitrary: leaf },
    { weight: 3, arbitrary: fallback(calls(depth)) },
    { weight: 2, arbitrary: fallback(operators(kinds, depth)) },
    { weight: 1, arbitrary: casts(kinds, depth) },
  );
}

function attempt(make: () => Expr): Expr | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

function calls(depth: number): fc.Arbitrary<Expr | null> {
  const named = SCALAR_FUNCTIONS.filter((entry) => entry.signatures.length > 0);
  return fc
    .constantFrom(...named)
    .chain((entry) =>
      fc
        .constantFrom(...entry.signatures)
        .chain((signature) =>
          fc
            .tuple(...signature.params.map((parameter) => argumentOf(parameter, depth - 1)))
            .map((args) => attempt(() => scalarCall(CTX, entry, entry.name, args, null))),
        ),
    );
}

function operators(kinds: readonly SqlType['kind'][], depth: number): fc.Arbitrary<Expr | null> {
  const sides = kinds.some((kind) => kind === 'date' || kind === 'timestamp')
    ? (['date', 'timestamp', 'integer'] as const)
    : kinds.includes('text')
      ? (['text'] as const)
      : NUMBERS;
  const pair = fc.tuple(ofKinds(sides, depth - 1), ofKinds(sides, depth - 1));
  return fc.oneof(
    fc
      .tuple(fc.constantFrom('+', '-', '*', '/', '//', '%'), pair)
      .map(([symbol, [a, b]]) => attempt(() => arithmetic(CTX, symbol, a, b, null))),
    fc
      .tuple(fc.constantFrom('+', '-'), columns(['date', 'timestamp']), ofKinds(['interval'], 0))
      .map(([symbol, a, b]) => attempt(() => arithmetic(CTX, symbol, a, b, null))),
    fc
      .tuple(fc.constantFrom('eq', 'lt', 'gte', 'not_distinct', 'in'), pair)
      .map(([fn, args]) => attempt(() => comparison(CTX, fn, args, null))),
    fc
      .tuple(fc.constantFrom('coalesce', 'nullif', 'greatest', 'least'), pair)
      .map(([fn, args]) => attempt(() => merge(CTX, fn, args, null))),
    ofKinds(NUMBERS, depth - 1).map((arg) => attempt(() => negation(CTX, arg, null))),
    fc.tuple(ofKinds(['boolean'], depth - 1), ofKinds(NUMBERS, depth - 1)).map(
      ([when, then]): Expr => ({
        kind: 'case',
        whens: [{ when, then }],
        otherwise: { kind: 'literal', type: then.type, value: null, at: null },
        type: then.type,
        at: null,
      }),
    ),
  );
}

const CASTS: readonly (readonly [SqlType['kind'], SqlType])[] = [
  ['text', INTEGER],
  ['text', HUGEINT],
  ['text', decimal(10, 3)],
  ['text', decimal(38, 20)],
  ['text', DOUBLE],
  ['text', DATE],
  ['text', TIMESTAMP],
  ['text', BOOLEAN],
  ['double', INTEGER],
  ['double', decimal(18, 9)],
  ['double', TEXT],
  ['double', HUGEINT],
  ['double', BOOLEAN],
  ['hugeint', INTEGER],
  ['hugeint', decimal(20, 0)],
  ['decimal', INTEGER],
  ['decimal', DOUBLE],
  ['decimal', TEXT],
  ['integer', decimal(5, 4)],
  ['integer', DOUBLE],
  ['integer', TEXT],
  ['integer', BOOLEAN],
  ['date', TIMESTAMP],
  ['timestamp', DATE],
  ['date', TEXT],
  ['timestamp', TEXT],
  ['boolean', INTEGER],
];

function casts(kinds: readonly SqlType['kind'][], depth: number): fc.Arbitrary<Expr> {
  const fitting = CASTS.filter(([, to]) => kinds.includes(to.kind));
  if (fitting.length === 0) return columns(kinds);
  return fc
    .constantFrom(...fitting)
    .chain(([from, type]) => ofKinds([from], depth - 1).map((arg): Expr => ({ kind: 'cast', arg, type, at: null })));
}

const anyExpr = (depth: number): fc.Arbitrary<Expr> =>
  fc.oneof(
    ...(['integer', 'decimal', 'double', 'text', 'date', 'timestamp', 'boolean'] as const).map((kind) =>
      ofKinds([kind], depth),
    ),
  );

async function check(sql: string, types: readonly SqlType[]): Promise<void> {
  const result = await connection.runAndReadAll(sql);
  expect(result.columnTypes().map((type) => String(type).replace(/ AS .*$/, ''))).toEqual(types.map(engineType));
  for (const row of result.getRows())
    for (const cell of row) if (typeof cell === 'number') expect(Number.isFinite(cell), sql).toBe(true);
}

function report(error: unknown, sql: string): never {
  throw new Error(`${error instanceof Error ? error.message : String(error)}\n${sql}`);
}

const parameters = { numRuns: RUNS, seed: SEED, verbose: 1, endOnFailure: true } as const;

test(`scalar expressions are total (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyExpr(3), { minLength: 1, maxLength: 4 }), async (list) => {
      // Subexpressions that occur again in another guard are what DuckDB computes once, outside of both.
      const exprs = list.flatMap((expr) => [expr, attempt(() => arithmetic(CTX, '+', expr, expr, null)) ?? expr]);
      const plan: Rel = {
        kind: 'project',
        input: SCAN,
        columns: exprs.map((expr, index) => ({ id: (100 + index) as ColumnId, name: `e${index}`, expr })),
      };
      const sql = emitRel(plan);
      await check(
        sql,
        exprs.map((expr) => expr.type),
      ).catch((error: unknown) => report(error, sql));
    }),
    parameters,
  );
}, 120_000);

/**
 * Without `row_set` and `cipher_sum`: their arguments are row indices below a constant and stored words of 64 bits, never what somebody
 * wrote. test/sandbox/homomorphic and test/gateway/life/encrypted-jobs.full.test.ts run them, wrap-around included.
 */
const AGGREGATE_LIST = [...AGGREGATES, ...INTERNAL_AGGREGATES].filter(
  ({ name }) => !['grouping', 'row_set', 'cipher_sum'].includes(name),
);
const aggregates: fc.Arbitrary<NamedAggregate | null> = fc.constantFrom(...AGGREGATE_LIST).chain((entry) =>
  fc
    .tuple(
      fc.boolean(),
      ...entry.params.map((parameter) => argumentOf(parameter.is === 'countable' ? { is: 'any' } : parameter, 2)),
    )
    .map(([distinct, ...args]) => {
      const sides: Expr[] = [];
      for (const [index, arg] of args.entries()) {
        const side = attempt(() => argument(CTX, arg, entry.params[index] ?? { is: 'any' }, entry.name));
        if (side === null) return null;
        sides.push(side);
      }
      const type = entry.result(sides.map((side) => side.type));
      return {
        id: 200 as ColumnId,
        name: entry.name,
        call: { fn: entry.name, args: sides, distinct: distinct && entry.distinct, filter: null, type, at: null },
      };
    }),
);

test(`aggregates are total, also over nothing (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(aggregates, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      fc.boolean(),
      async (list, grouped, none) => {
        const measures = list
          .filter((measure) => measure !== null)
          .map((measure, index) => ({ ...measure, id: (200 + index) as ColumnId }));
        const input: Rel = none
          ? { kind: 'filter', input: SCAN, predicate: { kind: 'literal', type: BOOLEAN, value: false, at: null } }
          : SCAN;
        const keys = grouped
          ? [
              {
                id: 300 as ColumnId,
                name: 'k',
                expr: { kind: 'column', id: 8 as ColumnId, type: BOOLEAN, at: null } as Expr,
              },
            ]
          : [];
        const plan: Rel = { kind: 'aggregate', input, keys, sets: null, measures };
        const sql = emitRel(plan);
        if (measures.length === 0 && !grouped) return;
        await check(sql, [...keys.map((key) => key.expr.type), ...measures.map((measure) => measure.call.type)]).catch(
          (error: unknown) => report(error, sql),
        );
      },
    ),
    parameters,
  );
}, 120_000);

const SECOND: Rel = {
  ...SCAN,
  columns: (SCAN.kind === 'scan' ? SCAN.columns : []).map((column) => ({
    ...column,
    id: (column.id + 20) as ColumnId,
  })),
};
const LIMITED: Rel = { kind: 'limit', input: SECOND, count: 9, offset: 1 };

test(`expressions are total in every clause (seed ${SEED})`, async () => {
  const joins = fc.constantFrom('inner', 'left', 'right', 'full', 'semi', 'anti' as const);
  await fc.assert(
    fc.asyncProperty(ofKinds(['boolean'], 3), anyExpr(2), anyExpr(2), joins, async (condition, key, measured, join) => {
      const left: Rel = { kind: 'filter', input: SCAN, predicate: condition };
      const on =
        attempt(() =>
          comparison(CTX, 'eq', [key, { kind: 'column', id: 20 as ColumnId, type: INTEGER, at: null }], null),
        ) ?? condition;
      const joined: Rel = { kind: 'join', join: join as 'inner', left, right: LIMITED, on };
      const call = {
        fn: 'lag',
        args: [measured, literal(INTEGER, '1')],
        partitionBy: [key],
        orderBy: [{ expr: measured, descending: true, nullsFirst: false }],
        frame: null,
        type: measured.type,
        at: null,
      };
      const windowed: Rel = { kind: 'window', input: joined, columns: [{ id: 60 as ColumnId, name: 'w', call }] };
      const sorted: Rel = { kind: 'sort', input: windowed, keys: [{ expr: key, descending: false, nullsFirst: true }] };
      const plan: Rel = {
        kind: 'project',
        input: sorted,
        columns: [
          { id: 61 as ColumnId, name: 'k', expr: key },
          { id: 62 as ColumnId, name: 'm', expr: measured },
        ],
      };
      const sql = emitRel(plan);
      await check(sql, [key.type, measured.type]).catch((error: unknown) => report(error, sql));
    }),
    parameters,
  );
}, 120_000);

test('control: the same expressions without their guards do raise', async () => {
  const raised: string[] = [];
  const unguarded = [
    '"i" + 1',
    'sqrt("x")',
    'CAST("s" AS INTEGER)',
    '"i" * "i"',
    'CAST("x" AS BIGINT)',
    'TRY("i" + 1), TRY(("i" + 1) * 2)',
  ];
  for (const raw of unguarded) {
    await connection.runAndReadAll(`SELECT ${raw} FROM "nasty@1"`).catch(() => raised.push(raw));
  }
  expect(raised).toEqual(unguarded);
});
