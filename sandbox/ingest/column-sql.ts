import { type ColumnSchema, scaledUp, scaleOf } from '#policies/stored-tables';
import { REJECT_REASONS, type RejectReason } from './ingest-report.ts';
import { canonicalSql, IDENTIFIER_CHARACTERS_MAX, tokenSql, untrimmedSql, upperSql } from './token.ts';

/**
 * The checks of a declaration as SQL over raw text (NULL for an empty field). Twice, with one meaning:
 *
 * - `fast` raises on the first row that it is not sure of. It is sure of canonical text only: a value whose own
 *   rendering begins with (number, timestamp) or equals (date, integer) what the file says. No regular expression.
 * - `exact` decides every text, and names the reason. It runs over the chunks where `fast` raised.
 *
 * So what `fast` takes, `exact` takes with the same value; test/sandbox/ingest holds the two against each other.
 */

export interface ColumnChecks {
  /** Type of the stored column. */
  readonly storedType: string;
  /** Over the raw text: the stored value, and a condition that is true when it is surely right. */
  readonly fast: { readonly value: string; readonly sure: (raw: string, value: string) => string };
  /** Over the raw text: the stored value (NULL when bad), and the reason (NULL when good). */
  readonly exact: { readonly value: string; readonly reason: (raw: string, value: string) => string };
}

const TEXT_LENGTH_MAX = 4000;
const INTEGER_MIN = -(2n ** 63n);
const INTEGER_MAX = 2n ** 63n - 1n;
const DECIMAL_DIGITS = 18;

/** `raw` is an expression of type VARCHAR, simple enough to be repeated. `key` is the domain's, identifiers only. */
export function columnChecks(column: ColumnSchema, raw: string, key: Uint8Array | null): ColumnChecks {
  if (column.encryption !== undefined)
    return column.encryption.scheme === 'ashe-v1' ? wordChecks(raw) : pieceChecks(raw);
  return key === null ? valueChecks(column, raw) : tokenChecks(column, raw, key);
}

/** A word of ciphertext: any number of 64 bits, in its one decimal form. What it hides was checked before it was encrypted. */
function wordChecks(raw: string): ColumnChecks {
  const shaped = `CASE WHEN regexp_full_match(${raw}, '0|-?[1-9][0-9]{0,18}') THEN TRY_CAST(${raw} AS BIGINT) END`;
  return {
    storedType: 'BIGINT',
    fast: {
      value: `CAST(${raw} AS BIGINT)`,
      sure: (source, value) => `(${source} IS NOT NULL AND CAST(${value} AS VARCHAR) = ${source})`,
    },
    exact: {
      value: shaped,
      reason: (source, value) =>
        `CASE WHEN ${source} IS NULL THEN ${code('null')} WHEN ${value} IS NULL THEN ${code('type')} END`,
    },
  };
}

/** A piece of a block's text: no piece is anything by itself, and the blocks are held against their signature. */
function pieceChecks(raw: string): ColumnChecks {
  return {
    storedType: 'VARCHAR',
    fast: { value: raw, sure: (source) => `${source} IS NOT NULL` },
    exact: { value: raw, reason: (source) => `CASE WHEN ${source} IS NULL THEN ${code('null')} END` },
  };
}

function valueChecks(column: ColumnSchema, raw: string): ColumnChecks {
  const type = storedTypeOf(column);
  const text = column.type === 'text';
  const fastValue = text ? raw : column.type === 'boolean' ? booleanSql(raw) : `CAST(${raw} AS ${type})`;
  return {
    storedType: type,
    fast: {
      value: fastValue,
      sure: (source, value) => {
        const rules = [canonicalRule(column, source, value), ...rangeRules(column, value).map((rule) => rule.holds)];
        const all = rules.filter((rule) => rule !== null).join(' AND ');
        return nullRule(column, source, all === '' ? 'true' : all);
      },
    },
    exact: {
      value: exactValue(column, raw),
      reason: (source, value) => {
        const rules = rangeRules(column, value).map(({ holds, reason }) => `WHEN NOT (${holds}) THEN ${code(reason)}`);
        const typeRule = text ? '' : `WHEN ${value} IS NULL THEN ${typeReason(column, source)}`;
        return `CASE WHEN ${source} IS NULL THEN ${nullReason(column)} ${typeRule} ${rules.join(' ')} END`;
      },
    },
  };
}

/** An identifier's text is checked, then only its token is kept. */
function tokenChecks(column: ColumnSchema, raw: string, key: Uint8Array): ColumnChecks {
  const text = column.type === 'text';
  const lengthMax = Math.min(column.lengthMax ?? IDENTIFIER_CHARACTERS_MAX, IDENTIFIER_CHARACTERS_MAX);
  // WHY the rendering of a typed identifier: 7, 007 and 7.0 are one number and must be one token.
  const inner = valueChecks(column, raw);
  const fastText = text ? upperSql(raw) : raw;
  const exactText = text ? canonicalSql(raw) : `CAST(${inner.exact.value} AS VARCHAR)`;
  return {
    storedType: 'UBIGINT',
    fast: {
      value: tokenSql(key, fastText),
      sure: (source) => {
        if (!text) return inner.fast.sure(source, inner.fast.value);
        return nullRule(column, source, `length(${source}) <= ${lengthMax} AND ${untrimmedSql(source)}`);
      },
    },
    exact: {
      value: tokenSql(key, exactText),
      reason: (source, value) => {
        if (!text) return inner.exact.reason(source, inner.exact.value);
        const canonical = canonicalSql(source);
        return (
          `CASE WHEN ${value} IS NULL THEN ${nullReason(column)} ` +
          `WHEN length(${canonical}) > ${IDENTIFIER_CHARACTERS_MAX} THEN ${code('identifier-format')} ` +
          `WHEN length(${canonical}) > ${lengthMax} THEN ${code('length')} END`
        );
      },
    },
  };
}

/** Reasons travel as their place in the list. */
function code(reason: RejectReason): string {
  return String(REJECT_REASONS.indexOf(reason));
}

function nullReason(column: ColumnSchema): string {
  return column.nullable === false ? code('null') : 'NULL';
}

function nullRule(column: ColumnSchema, raw: string, otherwise: string): string {
  if (column.nullable === false) return `(${raw} IS NOT NULL AND ${otherwise})`;
  return otherwise === 'true' ? 'true' : `(${raw} IS NULL OR (${otherwise}))`;
}

export function storedTypeOf(column: ColumnSchema): string {
  switch (column.type) {
    case 'boolean':
      return 'BOOLEAN';
    case 'integer':
      return 'BIGINT';
    case 'decimal':
      return `DECIMAL(${DECIMAL_DIGITS},${scaleOf(column)})`;
    case 'text':
      return 'VARCHAR';
    case 'date':
      return 'DATE';
    case 'timestamp':
      return 'TIMESTAMP';
  }
}

/** True only of text that is the value's own rendering, or the beginning of it where what follows is zeros. */
function canonicalRule(column: ColumnSchema, raw: string, value: string): string | null {
  switch (column.type) {
    case 'text':
      return null;
    case 'boolean':
      return `${value} IS NOT NULL`;
    case 'integer':
      return `CAST(${value} AS VARCHAR) = ${raw}`;
    case 'date':
      return `(CAST(${value} AS VARCHAR) = ${raw} AND strlen(${raw}) = 10)`;
    case 'decimal':
      return `starts_with(CAST(${value} AS VARCHAR), ${raw})`;
    case 'timestamp':
      return `(starts_with(CAST(${value} AS VARCHAR), ${raw}) AND strlen(${raw}) IN (10, 16, 19, 21, 22, 23, 24, 25, 26))`;
  }
}

function booleanSql(raw: string): string {
  return (
    `CASE lower(trim(${raw})) WHEN 'true' THEN true WHEN 'false' THEN false WHEN '1' THEN true WHEN '0' THEN false ` +
    `WHEN '是' THEN true WHEN '否' THEN false END`
  );
}

const INTEGER_TEXT = String.raw`[+-]?[0-9]{1,30}(\.0*)?`;
const DECIMAL_TEXT = String.raw`[+-]?([0-9]{1,30}(\.[0-9]{0,40})?|\.[0-9]{1,40})`;
const DATE_TEXT = `([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})`;
const DATE_COMPACT = `([0-9]{4})([0-9]{2})([0-9]{2})`;
const MIDNIGHT = String.raw`([ T]0{1,2}:00(:00(\.0{1,6})?)?)?`;
const TIME = String.raw`([ T](([01]?[0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?))?`;

/** The value of any admissible text; NULL of any other. */
function exactValue(column: ColumnSchema, raw: string): string {
  const text = `trim(${raw})`;
  switch (column.type) {
    case 'text':
      return raw;
    case 'boolean':
      return booleanSql(raw);
    case 'integer':
      return `CASE WHEN regexp_full_match(${text}, '${INTEGER_TEXT}') THEN TRY_CAST(regexp_replace(${text}, '\\..*$', '') AS BIGINT) END`;
    case 'decimal':
      return (
        `CASE WHEN regexp_full_match(${text}, '${DECIMAL_TEXT}') AND NOT ${excessDigits(column, raw)} ` +
        `THEN TRY_CAST(${text} AS ${storedTypeOf(column)}) END`
      );
    case 'date':
      return inCalendar('DATE', `TRY_CAST(${dateText(text)} AS DATE)`);
    case 'timestamp':
      return inCalendar('TIMESTAMP', `TRY_CAST(${timestampText(text)} AS TIMESTAMP)`);
  }
}

function dateText(text: string): string {
  return (
    `CASE WHEN regexp_full_match(${text}, '${DATE_TEXT}${MIDNIGHT}') THEN regexp_replace(${text}, '^${DATE_TEXT}.*$', '\\1-\\2-\\3') ` +
    `WHEN regexp_full_match(${text}, '${DATE_COMPACT}') THEN regexp_replace(${text}, '^${DATE_COMPACT}$', '\\1-\\2-\\3') END`
  );
}

function timestampText(text: string): string {
  return `CASE WHEN regexp_full_match(${text}, '${DATE_TEXT}${TIME}') THEN replace(replace(${text}, '/', '-'), 'T', ' ') END`;
}

/** Years 1 to 9999. */
function inCalendar(type: 'DATE' | 'TIMESTAMP', value: string): string {
  const last = type === 'DATE' ? '9999-12-31' : '9999-12-31 23:59:59.999999';
  return `CASE WHEN ${value} BETWEEN ${type} '0001-01-01' AND ${type} '${last}' THEN ${value} END`;
}

/** More digits after the point than declared, other than zeros. */
function excessDigits(column: ColumnSchema, raw: string): string {
  return `regexp_matches(trim(${raw}), '\\.[0-9]{${scaleOf(column)}}[0-9]*[1-9]')`;
}

function typeReason(column: ColumnSchema, raw: string): string {
  if (column.type !== 'decimal') return code('type');
  const shaped = `regexp_full_match(trim(${raw}), '${DECIMAL_TEXT}')`;
  return `CASE WHEN ${shaped} AND ${excessDigits(column, raw)} THEN ${code('scale')} ELSE ${code('type')} END`;
}

interface RangeRule {
  readonly holds: string;
  readonly reason: RejectReason;
}

/** What the declaration says of the value itself. */
function rangeRules(column: ColumnSchema, value: string): readonly RangeRule[] {
  const rules: RangeRule[] = [];
  if (column.type === 'text') {
    rules.push({ holds: `length(${value}) <= ${column.lengthMax ?? TEXT_LENGTH_MAX}`, reason: 'length' });
  }
  const bounds = boundsSql(column, value);
  if (bounds !== null) rules.push({ holds: bounds, reason: 'bounds' });
  if (column.values !== undefined) {
    const type = storedTypeOf(column);
    // WHY coalesce: a listed text that is no value of the type is NULL, and would make every miss NULL too.
    const list = column.values.map((text) => `TRY_CAST(${quoteText(text)} AS ${type})`).join(', ');
    rules.push({ holds: list === '' ? 'false' : `coalesce(${value} IN (${list}), false)`, reason: 'values' });
  }
  return rules;
}

/** Bounds as exact literals of the stored type: the least and the greatest storable value within them. */
function boundsSql(column: ColumnSchema, value: string): string | null {
  if (column.bounds === undefined || (column.type !== 'integer' && column.type !== 'decimal')) return null;
  const scale = scaleOf(column);
  const most = column.type === 'integer' ? INTEGER_MAX : 10n ** BigInt(DECIMAL_DIGITS) - 1n;
  const least = column.type === 'integer' ? INTEGER_MIN : -most;
  const min = scaledUp(column.bounds.min, scale, 'ceil');
  const max = scaledUp(column.bounds.max, scale, 'floor');
  if (min > most || max < least) return 'false';
  const literal = (scaled: bigint): string => {
    const limited = scaled < least ? least : scaled > most ? most : scaled;
    return `CAST('${unscaledText(limited, scale)}' AS ${storedTypeOf(column)})`;
  };
  return `${value} BETWEEN ${literal(min)} AND ${literal(max)}`;
}

function unscaledText(scaled: bigint, scale: number): string {
  if (scale === 0) return String(scaled);
  const digits = String(scaled < 0n ? -scaled : scaled).padStart(scale + 1, '0');
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
