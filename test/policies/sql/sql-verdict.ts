import { AppError } from '../../../policies/errors.ts';
import { DEFAULT_PROFILE, type Level } from '../../../policies/levels.ts';
import { decide } from '../../../policies/sql/decide.ts';
import type { QueryCatalog } from '../../../policies/sql/resolve.ts';
import { rewrite } from '../../../policies/sql/rewrite.ts';
import { NULL_TYPE, type SqlType } from '../../../policies/sql/sql-type.ts';
import type { ColumnSchema, TableSchema } from '../../../policies/table-schema.ts';
import { CITY, type City } from './small-city.ts';

/** What becomes of a query: the mode that it gets, or why it is refused. */
export type Verdict = { readonly mode: string; readonly emitted: string; readonly type: SqlType } | AppError;

const GRID_COLUMNS: readonly (readonly [name: string, level: Level])[] = [
  ['load_kw', 'general-2'],
  ['fault_cnt', 'general-3'],
  ['key_site', 'core'],
];
/** A table that names no unit. */
const GRID: TableSchema = {
  table: 'grid',
  level: 'general-2',
  columns: GRID_COLUMNS.map(
    ([name, level]): ColumnSchema => ({
      name,
      level,
      title: { zh: name, en: name },
      type: name === 'key_site' ? 'boolean' : 'integer',
      role: 'attribute',
    }),
  ),
};

/** The small city with everything of one level. */
function cityOf(level: Level): QueryCatalog {
  const schemas = [...CITY.values()].map(({ schema }) => ({
    ...schema,
    level,
    columns: schema.columns.map((column) => ({ ...column, level })),
  }));
  return new Map(
    [...schemas, GRID].map((schema) => [
      schema.table,
      { resource: schema.table, version: 1, schema, rowsPerUnitMax: {} },
    ]),
  );
}
export const PUBLIC = cityOf('general-1');
export const PROTECTED = cityOf('general-2');
/** Mode `dp` sums what has bounds only: here every number has. */
export const PRIVATE = withBounds(cityOf('general-4'));

function withBounds(catalog: QueryCatalog): QueryCatalog {
  const bounds = { min: 0, max: 1_000 };
  const bounded = (column: ColumnSchema): ColumnSchema =>
    column.role !== 'identifier' && (column.type === 'integer' || column.type === 'decimal')
      ? { bounds, ...column }
      : column;
  return new Map(
    [...catalog].map(([name, granted]) => [
      name,
      { ...granted, schema: { ...granted.schema, columns: granted.schema.columns.map(bounded) } },
    ]),
  );
}

/** A query through every stage up to its private plan. */
export async function verdictOf(city: City, sql: string, catalog: QueryCatalog = PUBLIC): Promise<Verdict> {
  try {
    const { resolved, sql: emitted } = await city.compile(sql, catalog);
    const decision = decide(resolved, DEFAULT_PROFILE, { unitsMin: null });
    rewrite(resolved, decision, DEFAULT_PROFILE);
    return { mode: decision.mode, emitted, type: decision.outputs[0]?.type ?? NULL_TYPE };
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}
