import { findResource, type Store, type UsagePlan } from '#catalog';
import type { AppError } from '#policies';

/**
 * What a name that a query does not know means of columns that the plan leaves out: `resource.column`, of the plan's own tables. Tells
 * nothing that `GET /v1/resources/{id}` does not tell everybody: of a table that is not listed, and of names that no column has, a name stays
 * unknown.
 */
export function outsidePlan(store: Store, { code, facts }: AppError, { tables }: UsagePlan): readonly string[] {
  if (code !== 'SQL_COLUMN_UNKNOWN') return [];
  const name = String(facts['column']).split('.').at(-1)?.toLowerCase() ?? '';
  return tables.flatMap(({ resource, columns }) => {
    const entry = columns.includes(name) ? null : store.read((db) => findResource(db, resource));
    const isListed = entry?.state === 'listed' && entry.schema.columns.some((column) => column.name === name);
    return isListed ? [`${resource}.${name}`] : [];
  });
}
