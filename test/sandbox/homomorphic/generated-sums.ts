import { type DuckDBBlobValue, type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { asheSquareColumns } from '../../../policies/encrypted-columns.ts';
import { asheSumSql, sumOfWords } from '../../../sandbox/homomorphic/ashe/ashe-sql.ts';
import type { AsheThreads } from '../../../sandbox/homomorphic/ashe/ashe-threads.ts';
import { openAshe } from '../../../sandbox/homomorphic/ashe/ashe-v1.ts';
import { rowSetOf, rowSetSql } from '../../../sandbox/homomorphic/row-set.ts';

/** One table twice in one engine: `secret` with the words of `ashe-v1`, `plain` with the values. And queries over both. */
export interface SumTable {
  readonly connection: DuckDBConnection;
  readonly rows: number;
}

export interface SumQuery {
  /** FROM, WHERE and GROUP BY, over `t`. */
  readonly sql: string;
  readonly keys: readonly string[];
  /** `weight · column`, and whether squares are summed beside. */
  readonly weights: Readonly<Record<Measure, bigint>>;
}

const MEASURES = ['paid', 'tax'] as const;
type Measure = (typeof MEASURES)[number];
const DATA_KEY = Uint8Array.from({ length: 32 }, (_, at) => 255 - at);

/** Values of either sign up to 2^44, the widest that a declaration allows. */
export async function sumTable(
  values: Readonly<Record<Measure, BigInt64Array>>,
  plain: readonly string[],
): Promise<SumTable> {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  const rows = plain.length;
  const words = await Promise.all(MEASURES.map((name) => wordsOf(name, values[name])));
  const names = MEASURES.flatMap((name) => [name, ...asheSquareColumns(name)]);
  await connection.run(
    `CREATE TABLE secret (_idx BIGINT, r VARCHAR, s INTEGER, ${names.map((one) => `${one} BIGINT`).join(', ')})`,
  );
  await connection.run('CREATE TABLE plain (_idx BIGINT, r VARCHAR, s INTEGER, paid BIGINT, tax BIGINT)');
  await connection.run("CREATE TABLE regions AS SELECT * FROM (VALUES ('a', 1), ('b', 2), ('c', 1)) t(code, zone)");
  for (let start = 0; start < rows; start += 2_000) {
    const part = Array.from({ length: Math.min(2_000, rows - start) }, (_, at) => start + at);
    const secret = part.map((row) => `(${row}, ${plain[row]!}, ${words.map((column) => column(row)).join(', ')})`);
    const open = part.map((row) => `(${row}, ${plain[row]!}, ${values.paid[row]!}, ${values.tax[row]!})`);
    await connection.run(`INSERT INTO secret VALUES ${secret.join(', ')}`);
    await connection.run(`INSERT INTO plain VALUES ${open.join(', ')}`);
  }
  return { connection, rows };
}

async function wordsOf(name: Measure, values: BigInt64Array): Promise<(row: number) => string> {
  const one = await cipherOf(name, 'value').encrypt(0, values);
  const two = await cipherOf(name, 'square').encrypt(0, values);
  return (row) => [one[row], two[2 * row], two[2 * row + 1]].join(', ');
}

function cipherOf(column: Measure, of: 'value' | 'square', threads?: AsheThreads) {
  const options = { dataKey: DATA_KEY, column: { dataset: 'd', version: '1', column, of } };
  return openAshe(threads === undefined ? options : { ...options, threads });
}

export function seededTable(next: () => bigint, rows: number): Promise<SumTable> {
  const value = () => BigInt.asIntN(64, next()) >> 20n;
  const values = { paid: new BigInt64Array(rows).map(value), tax: new BigInt64Array(rows).map(value) };
  const plain = Array.from({ length: rows }, () => `'${'abcd'[Number(next() % 4n)]!}', ${next() % 50n}`);
  return sumTable(values, plain);
}

export function generatedQueries(next: () => bigint, count: number): readonly SumQuery[] {
  const pick = <T>(from: readonly T[]): T => from[Number(next() % BigInt(from.length))]!;
  const filters = () => [
    `s < ${next() % 60n}`,
    `r <> 'a'`,
    `r IN ('b', 'd')`,
    `s % ${2n + (next() % 5n)} = 0`,
    `r = 'c' OR s > ${next() % 50n}`,
    'true',
  ];
  const joins = [
    '',
    'JOIN regions ON code = r',
    'LEFT JOIN regions ON code = r AND zone = 1',
    'SEMI JOIN regions ON code = r',
  ];
  return Array.from({ length: count }, () => {
    const join = pick(joins);
    const zone = join.startsWith('JOIN') || join.startsWith('LEFT') ? [['zone'], ['zone', 'r']] : [];
    const keys = pick([[], ['r'], ['s'], ['r', 's'], ...zone]);
    const group = keys.length === 0 ? '' : `GROUP BY ${keys.join(', ')}`;
    const sql = `AS t ${join} WHERE (${pick(filters())}) AND (${pick(filters())}) ${group}`;
    return { sql, keys, weights: { paid: (next() % 2001n) - 1000n, tax: (next() % 3n) - 1n } };
  });
}

export interface Answer {
  readonly count: bigint;
  readonly score: bigint;
  readonly squares: bigint;
}
type Answers = Readonly<Record<string, Answer>>;

export async function plainAnswers({ connection }: SumTable, { sql, keys, weights }: SumQuery): Promise<Answers> {
  const score = `sum(paid::HUGEINT * ${weights.paid} + tax::HUGEINT * ${weights.tax})`;
  const rows = await connection.runAndReadAll(
    `SELECT ${[labelSql(keys), 'count(*)', score, 'sum(paid::HUGEINT * paid)'].join(', ')} FROM plain ${sql}`,
  );
  const whole = (value: unknown) => (value as bigint | null) ?? 0n;
  const answers = rows.getRows().map(([label, ...sums]): [string, Answer] => {
    const [count, scores, squares] = sums.map(whole) as [bigint, bigint, bigint];
    return [label as string, { count, score: scores, squares }];
  });
  return Object.fromEntries(answers);
}

export async function openedAnswers(table: SumTable, query: SumQuery, threads?: AsheThreads): Promise<Answers> {
  const quote = (name: string) => `"${name}"`;
  const aggregates = [
    ...asheSumSql('paid', 'value', quote).words,
    ...asheSumSql('tax', 'value', quote).words,
    ...asheSumSql('paid', 'square', quote).words,
  ];
  const select = [labelSql(query.keys), 'count(*)', rowSetSql('t._idx', table.rows), ...aggregates];
  const reader = await table.connection.runAndReadAll(`SELECT ${select.join(', ')} FROM secret ${query.sql}`);
  const groups = reader.getRows().map(([label, count, blob, ...words]) => ({
    label: label as string,
    count: count as bigint,
    rows: rowSetOf((blob as DuckDBBlobValue | null)?.bytes ?? new Uint8Array(0)),
    words: words.map((word) => (word as bigint | null) ?? 0n),
  }));
  const opened = (column: Measure, of: 'value' | 'square', first: number, last: number) =>
    cipherOf(column, of, threads).open(
      groups.map(({ rows, words }) => ({ rows, sum: sumOfWords(words.slice(first, last)) })),
    );
  const [paid, tax, squares] = [
    await opened('paid', 'value', 0, 1),
    await opened('tax', 'value', 1, 2),
    await opened('paid', 'square', 2, 4),
  ];
  return Object.fromEntries(
    groups.map(({ label, rows }, at) => {
      const score = query.weights.paid * paid[at]! + query.weights.tax * tax[at]!;
      return [label, { count: BigInt(rows.size), score, squares: squares[at]! }];
    }),
  );
}

const labelSql = (keys: readonly string[]) => (keys.length === 0 ? "''" : `concat_ws('|', ${keys.join(', ')})`);
