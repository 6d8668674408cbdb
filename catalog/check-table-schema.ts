import type { ColumnSchema, TableSchema } from '#policies';
import { checkEncryption, checkOneEncryption } from './check-encryption.ts';
import { need } from './declaration-problem.ts';

const NAME = /^[a-z][a-z0-9_]{0,62}$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const DOMAIN = /^[a-z][a-z0-9_.]{0,126}$/;
const COLUMNS_MAX = 500;
const VALUES_MAX = 100_000;
const BINS_MAX = 1_000;
const LENGTH_MAX = 1_000_000;
const ROWS_PER_UNIT_MAX = 1_000_000;
const SCALE_MAX = 9;

/**
 * Whether a declaration makes sense in itself; what it says of the data is for the scan to hold against the rows.
 *
 * @throws AppError `RESOURCE_INVALID` (path, problem) for the first thing that does not.
 */
export function checkTableSchema(schema: TableSchema): void {
  need(NAME.test(schema.table), 'schema.table', 'a name is a lower-case letter and up to 62 of a–z, 0–9, _');
  need(schema.columns.length > 0, 'schema.columns', 'a table has at least one column');
  need(schema.columns.length <= COLUMNS_MAX, 'schema.columns', `a table has at most ${COLUMNS_MAX} columns`);
  const names = new Set<string>();
  for (const [position, column] of schema.columns.entries()) {
    const path = `schema.columns[${position}]`;
    need(NAME.test(column.name), `${path}.name`, 'a name is a lower-case letter and up to 62 of a–z, 0–9, _');
    need(!names.has(column.name), `${path}.name`, 'the name is used twice');
    names.add(column.name);
    checkColumn(column, path);
    checkEncryption(column, path);
  }
  checkOneEncryption(schema);
}

function checkColumn(column: ColumnSchema, path: string): void {
  const { type, role } = column;
  const isNumber = type === 'integer' || type === 'decimal';
  if (role === 'identifier') {
    need(type === 'text' || type === 'integer', `${path}.type`, 'an identifier is text or integer');
  }
  if (role === 'measure') need(isNumber, `${path}.type`, 'a measure is integer or decimal');
  need(column.unit === undefined || role === 'identifier', `${path}.unit`, 'only an identifier names a unit');
  need(
    column.rowsPerUnitMax === undefined || column.unit !== undefined,
    `${path}.rowsPerUnitMax`,
    'only a column that names a unit bounds its rows',
  );
  need(
    isWithin(column.rowsPerUnitMax, 1, ROWS_PER_UNIT_MAX),
    `${path}.rowsPerUnitMax`,
    `rows per unit are from 1 to ${ROWS_PER_UNIT_MAX}`,
  );
  need(column.domain === undefined || role === 'identifier', `${path}.domain`, 'only an identifier has a domain');
  need(column.domain === undefined || DOMAIN.test(column.domain), `${path}.domain`, 'a domain is a dotted name');
  need(column.scale === undefined || type === 'decimal', `${path}.scale`, 'only a decimal has a scale');
  need(isWithin(column.scale, 0, SCALE_MAX), `${path}.scale`, `a scale is a whole number from 0 to ${SCALE_MAX}`);
  need(column.lengthMax === undefined || type === 'text', `${path}.lengthMax`, 'only text has a length');
  need(isWithin(column.lengthMax, 1, LENGTH_MAX), `${path}.lengthMax`, `a length is from 1 to ${LENGTH_MAX}`);
  checkBounds(column, isNumber, path);
  checkValues(column, path);
  checkBins(column, isNumber, path);
}

function checkBounds({ bounds }: ColumnSchema, isNumber: boolean, path: string): void {
  if (bounds === undefined) return;
  need(isNumber, `${path}.bounds`, 'only a number has bounds');
  const finite = Number.isFinite(bounds.min) && Number.isFinite(bounds.max);
  need(finite && bounds.min <= bounds.max, `${path}.bounds`, 'bounds are finite, min ≤ max');
}

function checkValues({ values, role }: ColumnSchema, path: string): void {
  if (values === undefined) return;
  need(role !== 'identifier', `${path}.values`, 'an identifier has no public list');
  need(values.length > 0 && values.length <= VALUES_MAX, `${path}.values`, `a list has 1 to ${VALUES_MAX} values`);
  need(new Set(values).size === values.length, `${path}.values`, 'a value is listed twice');
}

function checkBins({ bins, role, type }: ColumnSchema, isNumber: boolean, path: string): void {
  if (bins === undefined) return;
  const isBinned = role === 'quasi-identifier' && (isNumber || type === 'date');
  need(isBinned, `${path}.bins`, 'only a quasi-identifier that is a number or a date has bins');
  need(bins.length > 0 && bins.length <= BINS_MAX, `${path}.bins`, `bins have 1 to ${BINS_MAX} cut points`);
  const isCutPoint = (bin: number | string): boolean =>
    isNumber ? Number.isFinite(bin) : typeof bin === 'string' && DAY.test(bin) && !Number.isNaN(Date.parse(bin));
  const ascending = bins.every((bin, position) => position === 0 || bins[position - 1]! < bin);
  need(bins.every(isCutPoint) && ascending, `${path}.bins`, 'bins are ascending numbers, or dates as YYYY-MM-DD');
}

function isWithin(value: number | undefined, min: number, max: number): boolean {
  return value === undefined || (Number.isInteger(value) && value >= min && value <= max);
}
