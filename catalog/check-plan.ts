import { AppError, type PlanClass } from '#policies';
import type { Db } from './db.ts';
import { LEDGER_AMOUNT_MAX } from './ledger.ts';
import { findOrganisation } from './organisations.ts';
import type { NewPlan, PlanTable } from './plans.ts';
import { findResource } from './resources.ts';

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TITLE_LENGTH_MAX = 200;
const PURPOSE_LENGTH_MAX = 4_000;
const TABLES_MAX = 100;
const UNITS_MIN_MAX = 1_000_000;
const RHO_MIN = 1e-6;
const RHO_MAX = 10;

/**
 * Whether a plan can be filed: who asks, what for, and that everything asked for is in the catalogue.
 *
 * @returns the provider of each resource.
 * @throws AppError `PLAN_INVALID` (path, problem) for the first thing that is wrong.
 */
export function checkPlan(db: Db, plan: NewPlan): ReadonlyMap<string, string> {
  need(ID.test(plan.id), 'id', 'an id is a letter or digit and up to 62 of letters, digits, . _ -');
  checkText(plan.title, 'title', TITLE_LENGTH_MAX);
  checkText(plan.purpose, 'purpose', PURPOSE_LENGTH_MAX);
  need(plan.author !== '', 'author', 'empty');
  const kind = findOrganisation(db, plan.org)?.kind;
  need(kind === 'developer' || kind === 'operator', 'org', 'not a registered developer or operator');
  const operator = plan.operator ?? null;
  need(
    operator === null || findOrganisation(db, operator)?.kind === 'operator',
    'operator',
    'not a registered operator',
  );
  need(isWholeNumber(plan.unitsMin, UNITS_MIN_MAX), 'unitsMin', `a whole number from 1 to ${UNITS_MIN_MAX}`);
  need(isWholeNumber(plan.jobsMax, LEDGER_AMOUNT_MAX), 'jobsMax', `a whole number from 1 to ${LEDGER_AMOUNT_MAX}`);
  need(isRho(plan.rhoMax ?? null), 'rhoMax', 'a number from 0.000001 to 10');
  need(isDate(plan.validFrom), 'validFrom', 'a date as YYYY-MM-DD');
  need(isDate(plan.validUntil), 'validUntil', 'a date as YYYY-MM-DD');
  need(plan.validFrom <= plan.validUntil, 'validUntil', 'before validFrom');
  checkScope(plan);
  return checkTables(db, plan);
}

/** Keys are of columns that the plan asks for, of two tables at least. */
function checkScope({ tables, joins = null, outputs = null }: NewPlan): void {
  const asked = new Set(tables.flatMap(({ resource, columns }) => columns.map((column) => `${resource}.${column}`)));
  for (const [position, key] of (joins ?? []).entries()) {
    const path = `joins[${position}]`;
    need(
      key.every((column) => asked.has(column)),
      path,
      'a column that the plan does not ask for',
    );
    need(new Set(key.map((column) => column.split('.')[0])).size === key.length, path, 'two columns of one table');
    need(key.length > 1, path, 'a key is of two tables at least');
  }
  need(outputs === null || outputs.length > 0, 'outputs', 'empty');
}

function checkTables(db: Db, { tables, class: asked }: NewPlan): ReadonlyMap<string, string> {
  need(tables.length > 0, 'tables', 'a plan asks for at least one table');
  need(tables.length <= TABLES_MAX, 'tables', `a plan asks for at most ${TABLES_MAX} tables`);
  const providers = new Map<string, string>();
  for (const [position, table] of tables.entries()) {
    const path = `tables[${position}]`;
    need(!providers.has(table.resource), `${path}.resource`, 'the table is asked for twice');
    providers.set(table.resource, checkTable(db, table, asked, path));
  }
  return providers;
}

function checkTable(db: Db, table: PlanTable, asked: PlanClass, path: string): string {
  const resource = findResource(db, table.resource);
  if (resource === null || resource.state !== 'listed') {
    throw new AppError('PLAN_INVALID', { path: `${path}.resource`, problem: 'not in the catalogue' });
  }
  need(resource.terms.classes.includes(asked), `${path}.resource`, 'its terms leave out plans of this class');
  need(table.columns.length > 0, `${path}.columns`, 'a table is asked for by at least one column');
  need(new Set(table.columns).size === table.columns.length, `${path}.columns`, 'a column is asked for twice');
  const declared = new Set(resource.schema.columns.map(({ name }) => name));
  for (const [position, column] of table.columns.entries()) {
    need(declared.has(column), `${path}.columns[${position}]`, 'no such column');
  }
  return resource.provider;
}

function checkText(text: string, path: string, lengthMax: number): void {
  need(text.trim() !== '', path, 'empty');
  need(text.length <= lengthMax, path, `longer than ${lengthMax} characters`);
  need(text.isWellFormed(), path, 'not well-formed Unicode');
}

function isWholeNumber(value: number | null, max: number): boolean {
  return value === null || (Number.isInteger(value) && value >= 1 && value <= max);
}

function isRho(value: number | null): boolean {
  return value === null || (value >= RHO_MIN && value <= RHO_MAX);
}

function isDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function need(condition: boolean, path: string, problem: string): void {
  if (!condition) throw new AppError('PLAN_INVALID', { path, problem });
}
