import { type StoredTwin, unitClassSql } from '#policies/stored-tables';
import { quoteName, quoteText } from './column-sql.ts';
import type { IngestColumn } from './ingest-protocol.ts';

/** The twins that a segment stores beside its columns (policies/stored-twins.ts). */
export interface TwinColumn {
  readonly twin: StoredTwin;
  readonly storedType: string;
}

export function twinColumns(
  columns: readonly Pick<IngestColumn, 'schema'>[],
  stored: readonly StoredTwin[],
): readonly TwinColumn[] {
  return stored.map((twin) => {
    const values = columns.find(({ schema }) => schema.name === twin.of)?.schema.values ?? [];
    return { twin, storedType: twin.kind === 'code' ? `ENUM(${values.map(quoteText).join(', ')})` : 'UTINYINT' };
  });
}

export function twinDefinition({ twin, storedType }: TwinColumn): string {
  return `${quoteName(twin.name)} ${storedType}`;
}

/** `value`: an expression of the stored column's type. Ranks are given when all rows are there (unit-rank.ts). */
export function twinValue({ twin, storedType }: TwinColumn, value: string): string {
  const made = { class: unitClassSql(value), code: value, rank: '0' }[twin.kind];
  return `CAST(${made} AS ${storedType})`;
}
