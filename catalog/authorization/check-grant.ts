import { AppError } from '#policies';
import { isGrantable } from '../authorized-list/authorized-list.ts';
import type { Db } from '../db.ts';
import { findOrganisation } from '../organisations.ts';
import { findResource } from '../resources.ts';
import type { NewGrant } from './grants.ts';

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const PURPOSE_LENGTH_MAX = 4_000;
const TABLES_MAX = 200;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Whether a grant can be filed: for an operator, of entries of the list of authorised operation, by their own providers.
 *
 * @throws AppError `GRANT_INVALID` (path, problem) for the first thing that is wrong.
 */
export function checkGrant(db: Db, grant: NewGrant): void {
  need(ID.test(grant.id), 'id', 'an id is a letter or digit and up to 62 of letters, digits, . _ -');
  need(findOrganisation(db, grant.operator)?.kind === 'operator', 'operator', 'not a registered operator');
  need(grant.classes.length > 0, 'classes', 'empty');
  need(new Set(grant.classes).size === grant.classes.length, 'classes', 'named twice');
  need(grant.purpose.trim() !== '', 'purpose', 'empty');
  need(grant.purpose.length <= PURPOSE_LENGTH_MAX, 'purpose', `longer than ${PURPOSE_LENGTH_MAX} characters`);
  need(isDate(grant.validFrom), 'validFrom', 'a date as YYYY-MM-DD');
  need(isDate(grant.validUntil), 'validUntil', 'a date as YYYY-MM-DD');
  need(grant.validFrom <= grant.validUntil, 'validUntil', 'before validFrom');
  for (const [position, provider] of grant.providers.entries())
    need(findOrganisation(db, provider)?.kind === 'provider', `providers[${position}]`, 'not a registered provider');
  need(new Set(grant.providers).size === grant.providers.length, 'providers', 'named twice');
  if (grant.kind === 'whole') checkWhole(grant);
  else checkTables(db, grant);
}

function checkWhole({ tables, providers }: NewGrant): void {
  need(tables.length === 0, 'tables', 'a whole grant names no tables');
  need(providers.length > 0, 'providers', 'a whole grant names whose data it is about');
}

function checkTables(db: Db, { tables, providers }: NewGrant): void {
  need(tables.length > 0, 'tables', 'an individual grant names at least one table');
  need(tables.length <= TABLES_MAX, 'tables', `an individual grant names at most ${TABLES_MAX} tables`);
  need(new Set(tables.map(({ resource }) => resource)).size === tables.length, 'tables', 'named twice');
  const named = new Set<string>();
  for (const [position, { resource, columns }] of tables.entries()) {
    const path = `tables[${position}]`;
    const found = findResource(db, resource);
    if (found === null || !isGrantable(db, resource))
      throw new AppError('GRANT_INVALID', {
        path: `${path}.resource`,
        problem: 'not on the list of authorised operation',
      });
    named.add(found.provider);
    const declared = new Set(found.schema.columns.map(({ name }) => name));
    need(columns.length > 0 && columns.every((name) => declared.has(name)), `${path}.columns`, 'no such column');
  }
  const isSame = named.size === providers.length && providers.every((provider) => named.has(provider));
  need(isSame, 'providers', 'not the providers of the tables');
}

function isDate(text: string): boolean {
  const time = DATE.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function need(condition: boolean, path: string, problem: string): void {
  if (!condition) throw new AppError('GRANT_INVALID', { path, problem });
}
