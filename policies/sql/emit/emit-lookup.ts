import { assert } from '../../errors.ts';
import type { LookupCondition, LookupFeature, LookupInterface, LookupValue } from '../../lookups/lookup-interface.ts';
import type { ColumnType } from '../../table-schema.ts';
import type { Literal } from '../plan.ts';
import type { GrantedTable, QueryCatalog } from '../resolve.ts';
import { BOOLEAN, DATE, decimal, INTEGER, type SqlType, TEXT } from '../sql-type.ts';
import type { EmittedSql } from './emitted-sql.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';

/** The one row beside the statement: the subject's token, then those of `also`, then those of who consents. Columns `c0`, `c1`, … */
export const LOOKUP_SUBJECT = 'lookup_subject';

/**
 * The statement of an interface: one row, of which `c0` counts the subject's rows in the register and each further column is a
 * feature's value as a double. The same text whoever is asked about, so that neither plan nor time tells a subject.
 *
 * Guarantee: total; stored names, registered words and days only.
 *
 * @param content checked by `checkInterface` over the same catalogue.
 * @param today ISO date in Asia/Shanghai.
 */
export function emitLookup(content: LookupInterface, catalog: QueryCatalog, today: string): EmittedSql {
  const { subject, features } = content;
  const names = [subject.key, ...subject.also, ...subject.consentBy];
  const same = names.map((name, at) => `t.${quoteIdentifier(name)} = s.c${at}`).join(' AND ');
  const found = `(SELECT count(*) FROM ${from(catalog, subject.resource)} WHERE ${same})`;
  const values = features.map((feature) => `TRY_CAST(${featureSql(feature, catalog, today)} AS DOUBLE)`);
  return `SELECT ${[found, ...values].map((sql, at) => `${sql} AS c${at}`).join(', ')}` as EmittedSql;
}

function from(catalog: QueryCatalog, resource: string): string {
  const { version } = tableOf(catalog, resource);
  return `${quoteIdentifier(`${resource}@${version}`)} AS t, ${LOOKUP_SUBJECT} AS s`;
}

function featureSql(feature: LookupFeature, catalog: QueryCatalog, today: string): string {
  const { resource, key, aggregate, column, where } = feature;
  const table = tableOf(catalog, resource);
  const conditions = where.map((condition) => conditionSql(condition, table, today));
  const rows = [`t.${quoteIdentifier(key)} = s.c0`, ...conditions].join(' AND ');
  const of = column === null ? '*' : `t.${quoteIdentifier(column)}`;
  return `(SELECT ${aggregate}(${of}) FROM ${from(catalog, resource)} WHERE ${rows})`;
}

function conditionSql({ column, op, value }: LookupCondition, table: GrantedTable, today: string): string {
  const declared = table.schema.columns.find(({ name }) => name === column);
  assert(declared !== undefined, 'a checked interface names declared columns');
  const literal: Literal = { kind: 'literal', type: TYPE_OF[declared.type], value: textOf(value, today), at: null };
  return `t.${quoteIdentifier(column)} ${op} ${quoteLiteral(literal)}`;
}

const TYPE_OF: Readonly<Record<ColumnType, SqlType>> = {
  boolean: BOOLEAN,
  integer: INTEGER,
  decimal: decimal(38, 9),
  text: TEXT,
  date: DATE,
  timestamp: { kind: 'null' }, // `checkInterface` lets none through
};

function textOf(value: LookupValue, today: string): string | boolean {
  if (typeof value === 'object')
    return 'daysBack' in value ? daysBack(today, value.daysBack) : monthsBack(today, value.monthsBack);
  return typeof value === 'number' ? String(value) : value;
}

function daysBack(today: string, days: number): string {
  return new Date(Date.parse(`${today}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);
}

function monthsBack(today: string, months: number): string {
  const [year = 0, month = 1] = today.split('-').map(Number);
  return new Date(Date.UTC(year, month - 1 - months, 1)).toISOString().slice(0, 7);
}

function tableOf(catalog: QueryCatalog, resource: string): GrantedTable {
  const table = [...catalog.values()].find((granted) => granted.resource === resource);
  assert(table !== undefined, 'a checked interface names granted tables');
  return table;
}
