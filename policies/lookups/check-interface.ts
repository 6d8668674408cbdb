import { isEncrypted } from '../encrypted-columns.ts';
import { invalidProduct, needInProduct as need } from '../products/product-problem.ts';
import type { GrantedTable, QueryCatalog } from '../sql/resolve.ts';
import { type ColumnSchema, domainOf } from '../table-schema.ts';
import type {
  LookupCondition,
  LookupFeature,
  LookupInterface,
  LookupValue,
  Scale,
  Verification,
} from './lookup-interface.ts';

/** WHY so few: every step of a scale tells more of a value, and a band is to tell little. */
const STEPS_MAX = 10;
const FEATURES_MAX = 40;
const CONDITIONS_MAX = 8;
const REASONS_MAX = 4;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
/** Words that answers of mode `verify` have. */
const RESERVED = ['yes', 'no', 'unknown'];

/**
 * Whether an interface asks only what its plan grants, of columns that may be asked about so. It is asked when one is filed and again at
 * every question: what a plan has lost since closes the interfaces that stand on it.
 *
 * @throws AppError `PRODUCT_INVALID` (path, problem) for the first thing that is wrong.
 */
export function checkInterface(content: LookupInterface, catalog: QueryCatalog): void {
  const domain = checkSubject(content, catalog);
  const { features, answer, limits } = content;
  need(features.length > 0 && features.length <= FEATURES_MAX, 'features', `1 to ${FEATURES_MAX} of them`);
  const codes = new Set(features.map(({ code }) => code));
  need(codes.size === features.length, 'features', 'two have one code');
  for (const [at, feature] of features.entries()) checkFeature(feature, domain, catalog, `features[${at}]`);
  if (answer.mode === 'verify') checkVerification(answer, codes);
  else checkScale(answer, codes, 'answer');
  need(limits.perSubject.times >= 1 && limits.perDay >= 1, 'limits', 'at least one');
}

/** @returns the domain of the subject's key. */
function checkSubject({ subject }: LookupInterface, catalog: QueryCatalog): string {
  const table = tableOf(catalog, subject.resource, 'subject.resource');
  const columns = [subject.key, ...subject.also, ...subject.consentBy];
  for (const name of columns) {
    need(columnOf(table, name, 'subject').role === 'identifier', 'subject', `\`${name}\` is no identifier`);
  }
  need(subject.consentBy.length > 0, 'subject.consentBy', 'somebody has to consent');
  // WHY by the register: who a row is about is declared there, and is not the maker's to choose.
  const about = table.schema.columns.find(
    ({ name, unit }) => (unit === 'person' || unit === 'enterprise') && !subject.consentBy.includes(name),
  );
  need(about === undefined, 'subject.consentBy', `everybody whom a row is about consents: \`${about?.name ?? ''}\``);
  need(new Set([subject.key, ...subject.also]).size === 1 + subject.also.length, 'subject.also', 'named twice');
  need(new Set(subject.consentBy).size === subject.consentBy.length, 'subject.consentBy', 'named twice');
  return domainOf(table.schema, columnOf(table, subject.key, 'subject.key'));
}

function checkFeature(feature: LookupFeature, domain: string, catalog: QueryCatalog, path: string): void {
  const table = tableOf(catalog, feature.resource, `${path}.resource`);
  const key = columnOf(table, feature.key, `${path}.key`);
  const isKey = key.role === 'identifier' && domainOf(table.schema, key) === domain;
  need(isKey, `${path}.key`, 'no identifier of the same kind as the subject’s');
  const isCount = feature.aggregate === 'count';
  need(isCount === (feature.column === null), `${path}.column`, 'a column for every aggregate but count');
  if (feature.column !== null) {
    const column = readable(table, feature.column, `${path}.column`);
    need(column.type === 'integer' || column.type === 'decimal', `${path}.column`, 'no number');
  }
  need(feature.where.length <= CONDITIONS_MAX, `${path}.where`, `at most ${CONDITIONS_MAX}`);
  for (const [at, condition] of feature.where.entries()) {
    const { type } = readable(table, condition.column, `${path}.where[${at}].column`);
    need(fits(condition, type), `${path}.where[${at}].value`, `no value for a column of type ${type}`);
  }
}

function fits({ op, value }: LookupCondition, type: ColumnSchema['type']): boolean {
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean' && (op === '=' || op === '<>');
    case 'integer':
      return typeof value === 'number' && Number.isSafeInteger(value);
    case 'decimal':
      return typeof value === 'number' && Number.isFinite(value) && /^-?\d{1,15}(\.\d{1,9})?$/.test(String(value));
    case 'date':
      return (typeof value === 'string' && isDate(value)) || isBack(value, 'daysBack');
    case 'text':
      return (typeof value === 'string' && !value.includes('\0')) || isBack(value, 'monthsBack');
    case 'timestamp':
      return false;
  }
}

function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return DATE.test(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function isBack(value: LookupValue, unit: 'daysBack' | 'monthsBack'): boolean {
  if (typeof value !== 'object') return false;
  const count = (value as Readonly<Record<string, number | undefined>>)[unit];
  return count !== undefined && Number.isInteger(count) && count >= 0 && count <= 3_660;
}

function checkVerification({ holds }: Verification, codes: ReadonlySet<string>): void {
  need(holds.length > 0, 'answer.holds', 'nothing is asked');
  for (const { feature } of holds) need(codes.has(feature), 'answer.holds', `no feature \`${feature}\``);
}

/** @throws AppError `PRODUCT_INVALID` unless it is a scorecard over those features, in few bands. */
export function checkScale({ points, bands, reasonsMax }: Scale, codes: ReadonlySet<string>, path: string): void {
  need(points.length > 0, `${path}.points`, 'nothing is scored');
  need(
    new Set(points.map(({ feature }) => feature)).size === points.length,
    `${path}.points`,
    'a feature scored twice',
  );
  for (const { feature, steps } of points) {
    need(codes.has(feature), `${path}.points`, `no feature \`${feature}\``);
    need(steps.length > 0 && steps.length <= STEPS_MAX, `${path}.points`, `1 to ${STEPS_MAX} steps of \`${feature}\``);
    need(isAscending(steps.map(({ from }) => from)), `${path}.points`, `steps of \`${feature}\` are not ascending`);
  }
  need(bands.length >= 2 && bands.length <= STEPS_MAX, `${path}.bands`, `2 to ${STEPS_MAX} of them`);
  need(isAscending(bands.map(({ from }) => from).toReversed()), `${path}.bands`, 'not from the best to the worst');
  need(!bands.some(({ label }) => RESERVED.includes(label)), `${path}.bands`, 'a band has the name of another answer');
  need(reasonsMax >= 0 && reasonsMax <= REASONS_MAX, `${path}.reasonsMax`, `0 to ${REASONS_MAX}`);
}

/** The first has no lower end, every other a higher one than the one before. */
function isAscending(ends: readonly (number | null)[]): boolean {
  return ends.every((end, at) => (at === 0 ? end === null : end !== null && end > (ends[at - 1] ?? -Infinity)));
}

function tableOf(catalog: QueryCatalog, resource: string, path: string): GrantedTable {
  const table = [...catalog.values()].find((granted) => granted.resource === resource);
  if (table === undefined) throw invalidProduct(path, `the plan grants no table \`${resource}\` that has data`);
  return table;
}

function columnOf(table: GrantedTable, name: string, path: string): ColumnSchema {
  const column = table.schema.columns.find((one) => one.name === name);
  const isGranted = column !== undefined && !(table.protectionOnly ?? []).includes(name);
  if (!isGranted) throw invalidProduct(path, `the plan does not grant \`${table.resource}.${name}\``);
  return column;
}

/** A column whose values may be computed with: none that names somebody, none that is read by a custodian alone or by nobody. */
function readable(table: GrantedTable, name: string, path: string): ColumnSchema {
  const column = columnOf(table, name, path);
  need(column.role !== 'identifier', path, `\`${name}\` is an identifier`);
  const isClosed = isEncrypted(column) || column.level === 'important' || column.level === 'core';
  need(!isClosed, path, `\`${name}\` is of level ${column.level}`);
  return column;
}
