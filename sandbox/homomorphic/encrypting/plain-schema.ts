import type { ColumnSchema, TableSchema } from '#policies/stored-tables';
import { IDENTIFIER_CHARACTERS_MAX } from '../../ingest/token.ts';

/**
 * The declaration as it holds before encrypting: every column in the clear, under the checks that the upload would make. Columns
 * name no units here: they are numbered (unit-dictionary.ts), not tokenised.
 */
export function plainSchema(schema: TableSchema): TableSchema {
  return { ...schema, columns: schema.columns.map(plainColumn) };
}

function plainColumn({ encryption: _, unit: __, rowsPerUnitMax: ___, ...column }: ColumnSchema): ColumnSchema {
  if (column.role !== 'identifier' || column.type !== 'text') return column;
  // WHY: a longer identifier would be rejected at the gateway, and with it the whole upload.
  return { ...column, lengthMax: Math.min(column.lengthMax ?? IDENTIFIER_CHARACTERS_MAX, IDENTIFIER_CHARACTERS_MAX) };
}
