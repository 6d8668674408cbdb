import type { Resource } from '#catalog';
import type { Change } from '../log-change.ts';

/** The strictest reading of a table for the log: every column, at the table's own level. */
export function tableEntry(resource: Resource, version?: number): NonNullable<Change['tables']>[number] {
  const { id, schema, currentVersion } = resource;
  return {
    resource: id,
    version: version ?? currentVersion ?? 0,
    columns: schema.columns.map(({ name }) => name),
    level: schema.level,
  };
}
