import { type StoredTwin, twinsOf, unitClassSql } from '#policies/stored-tables';
import { quoteName, quoteText } from './column-sql.ts';
import type { IngestColumn } from './ingest-protocol.ts';

/** The twins that a segment stores beside its columns (policies/stored-twins.ts). */
export interface TwinColumn {
  readonly twin: StoredTwin;
  readonly storedType: string;
}

export function twinColumns(columns: readonly Pick<IngestColumn, 'schema'>[]): readonly TwinColumn[] {
  const schemas = columns.map(({ schema }) => schema);
  return twinsOf(schemas).map((twin) => {
    const values = schemas.find(({ name }) => name === twin.of)?.values ?? [];
    return { twin, storedType: twin.kind === 'class' ? 'UTINYINT' : `ENUM(${values.map(quoteText).join(', ')})` };
  });
}

export function twinDefinition({ twin, storedType }: TwinColumn): string {
  return `${quoteName(twin.name)} ${storedType}`;
}

/** `value`: an expression of the stored column's type. */
export function twinValue({ twin, storedType }: TwinColumn, value: string): string {
  return `CAST(${twin.kind === 'class' ? unitClassSql(value) : value} AS ${storedType})`;
}
