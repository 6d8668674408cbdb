import type { SourcePlace } from '../../errors.ts';
import { ROW_KEY_COLUMN } from '../../table-schema.ts';
import type { Rel, Scan, TableSource } from '../plan.ts';
import { relsWithin } from '../plan-walk.ts';
import { sameType } from '../type-rules.ts';
import type { PrivateUnits } from './private-layout.ts';
import type { Raw } from './raw.ts';
import { constructRefused } from './refusals.ts';

type StoredScan = Scan & { readonly source: TableSource };

/**
 * Per unit column of a relation, then per unit that no column names any more: the stored columns that name its units, in every protected table behind the rows. A table that
 * names nobody itself is charged under the names of those through whom its rows were found to be somebody's.
 *
 * INVARIANT: every column that names units, of every table that was read, is among them.
 */
export function unitsBehind({ rel, ...raw }: Raw, place: SourcePlace | null): readonly PrivateUnits[] {
  const units = [...raw.units, ...raw.spread];
  const scans = relsWithin(rel).filter(isProtected);
  const named = scans.flatMap(({ source, columns }) =>
    columns.flatMap(({ unit, type, column }) => (unit === null ? [] : [{ resource: source.resource, column, type }])),
  );
  const own = new Set(named.map(({ resource }) => resource));
  const nameless = scans.map(({ source }) => source.resource).filter((resource) => !own.has(resource));
  const all = units.map(({ unit, type }) => {
    const names = named.filter((one) => sameType(one.type, type)).map(({ resource, column }) => ({ resource, column }));
    const [first] = names;
    return {
      unit,
      names: distinct([...names, ...nameless.map((resource) => ({ resource, column: first?.column ?? unit }))]),
    };
  });
  const uncovered = named.find(({ type }) => !units.some((unit) => sameType(unit.type, type)));
  if (uncovered !== undefined) {
    throw constructRefused(
      `rows whose \`${uncovered.column}\` is no longer known`,
      'joins that keep the identifier',
      place,
      'dp',
    );
  }
  return all;
}

/** Rows of protected tables carry their keys. */
function isProtected(rel: Rel): rel is StoredScan {
  return (
    rel.kind === 'scan' && rel.source.kind === 'table' && rel.columns.some(({ column }) => column === ROW_KEY_COLUMN)
  );
}

function distinct(names: PrivateUnits['names']): PrivateUnits['names'] {
  return [...new Map(names.map((name) => [`${name.resource}.${name.column}`, name])).values()];
}
