import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Cell } from '../../policies/table-data.ts';
import { type StoredTable, TODAY } from '../attack/sql-gateway.ts';

export type RawRows = readonly (readonly unknown[])[];

export type UnitKind = 'person' | 'enterprise';
/** The column that names a unit of each kind, in every table that has it. */
const UNIT_COLUMNS: Readonly<Record<UnitKind, string>> = { person: 'pid', enterprise: 'uscc' };

/** The tables straight in DuckDB, whole or as one person's (one firm's) rows alone. */
export interface RawTables {
  /** null: the engine raised. */
  all(sql: string): Promise<RawRows | null>;
  ofUnit(kind: UnitKind, unit: bigint, sql: string): Promise<RawRows | null>;
  close(): void;
}

const KINDS = Object.keys(UNIT_COLUMNS) as readonly UnitKind[];
const TYPES = {
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  decimal: 'DECIMAL(18,2)',
  text: 'VARCHAR',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
} as const;

export async function openRawTables(tables: readonly StoredTable[]): Promise<RawTables> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const [whole, single] = [await instance.connect(), await instance.connect()];
  let shown: UnitKind | null = null;
  for (const kind of KINDS) await whole.run(`CREATE SCHEMA ${kind}`);
  for (const macro of FINITE) await whole.run(macro);
  for (const { schema, rows } of tables) {
    const columns = schema.columns.map(
      ({ name, role, type }) => `${name} ${role === 'identifier' ? 'UBIGINT' : TYPES[type]}`,
    );
    await whole.run(`CREATE TABLE ${schema.table} (${columns.join(', ')})`);
    const lists = rows.map((row) => `(${schema.columns.map(({ name }) => literal(row[name] ?? null)).join(', ')})`);
    if (rows.length > 0) await whole.run(`INSERT INTO ${schema.table} VALUES ${lists.join(', ')}`);
    for (const kind of KINDS) {
      const unit = schema.columns.find(({ name }) => name === UNIT_COLUMNS[kind]);
      const only = unit === undefined ? '' : ` WHERE ${unit.name} = getvariable('one_unit')`;
      await whole.run(`CREATE VIEW ${kind}.${schema.table} AS SELECT * FROM main.${schema.table}${only}`);
    }
  }
  return {
    all: (sql) => rowsOf(whole, sql),
    async ofUnit(kind, unit, sql) {
      if (kind !== shown) await single.run(`SET schema = ${kind}`);
      shown = kind;
      await single.run(`SET VARIABLE one_unit = ${unit}::UBIGINT`);
      return rowsOf(single, sql);
    },
    close: () => instance.closeSync(),
  };
}

/** What the dialect promises beside DuckDB's own (SQL page, types): infinity and NaN are NULL, so is x / 0; a day that the test fixes. */
const FINITE = [
  'CREATE MACRO finite_pow(a, b) AS CASE WHEN isfinite(pow(a, b)) THEN pow(a, b) END',
  'CREATE MACRO finite_exp(a) AS CASE WHEN isfinite(exp(a)) THEN exp(a) END',
];
const inDialect = (sql: string): string =>
  finiteStatistics(dividedByNoZero(plainWords(sql)))
    .replaceAll(/\b(pow|exp)\s*\(/gi, 'main.finite_$1(')
    .replaceAll(/\bcurrent_date\b/gi, `DATE '${TODAY}'`);

/** What DuckDB does not read: escapes of ODBC, the whole division of MySQL. */
export function plainWords(sql: string): string {
  let plain = sql.replaceAll(/\bDIV\b/gi, '//').replaceAll(/\{\s*d\s+('[^']*')\s*\}/gi, 'DATE $1');
  for (let before = ''; before !== plain; ) {
    before = plain;
    plain = plain.replace(/\{\s*fn\s+([^{}]*)\}/i, '$1');
  }
  return plain;
}

/** `a / b` as `a / nullif(b, 0)`: DuckDB's own gives infinity, which is above every number. */
export function dividedByNoZero(sql: string): string {
  const division = /'(?:[^']|'')*'|(?<!\/)\/(?!\/)\s*/g;
  for (let found = division.exec(sql); found !== null; found = division.exec(sql)) {
    if (found[0].startsWith("'")) continue; // a text
    const from = found.index + found[0].length;
    const to = from + operandLength(sql.slice(from));
    sql = `${sql.slice(0, from)}nullif(${sql.slice(from, to)}, 0)${sql.slice(to)}`;
  }
  return sql;
}

/** `regr_slope(a, b)` where it is finite: of one value of `b` it has none here, and NaN, which is above every number, in DuckDB. */
export function finiteStatistics(sql: string): string {
  const call = /'(?:[^']|'')*'|\b(?:corr|regr_slope)(?=\()/gi;
  for (let found = call.exec(sql); found !== null; found = call.exec(sql)) {
    if (found[0].startsWith("'")) continue; // a text
    const whole = callAt(sql.slice(found.index));
    const finite = `CASE WHEN isfinite(${whole}) THEN ${whole} END`;
    sql = sql.slice(0, found.index) + finite + sql.slice(found.index + whole.length);
    call.lastIndex = found.index + finite.length;
  }
  return sql;
}

/** A call with its FILTER. */
function callAt(text: string): string {
  const end = operandLength(text);
  const filter = /^\s*FILTER\s*(?=\()/i.exec(text.slice(end));
  if (filter === null) return text.slice(0, end);
  const from = end + filter[0].length;
  return text.slice(0, from + operandLength(text.slice(from)));
}

/** Of a name, a number, a call or something in brackets. */
function operandLength(text: string): number {
  const head = /^-?[\w.]*/.exec(text)![0].length;
  if (text[head] !== '(') return head;
  let depth = 0;
  for (let at = head; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')' && --depth === 0) return at + 1;
  }
  return text.length;
}

async function rowsOf(connection: DuckDBConnection, sql: string): Promise<RawRows | null> {
  try {
    return (await connection.runAndReadAll(inDialect(sql))).getRowsJson();
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

function literal(cell: Cell): string {
  if (cell === null) return 'NULL';
  return typeof cell === 'string' ? `'${cell.replaceAll("'", "''")}'` : String(cell);
}
