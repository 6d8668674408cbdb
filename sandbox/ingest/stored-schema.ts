import {
  type ColumnSchema,
  encryptedColumns,
  ROW_INDEX_COLUMN,
  squareColumns,
  type TableSchema,
} from '#policies/stored-tables';

/**
 * The declaration with the columns that an upload has beside it where some are encrypted: the row's index, and the words of
 * squares. Each is a column of ciphertext words (column-sql.ts).
 */
export function storedSchema(schema: TableSchema): TableSchema {
  const encrypted = encryptedColumns(schema);
  const [first] = encrypted;
  if (first === undefined) return schema;
  const beside = encrypted.flatMap((column) =>
    column.encryption.squares === true ? squareColumns(column.name).map((name) => wordColumn(name, column)) : [],
  );
  return { ...schema, columns: [...schema.columns, wordColumn(ROW_INDEX_COLUMN, first), ...beside] };
}

function wordColumn(name: string, { title, level, role, encryption }: ColumnSchema): ColumnSchema {
  return {
    name,
    title,
    type: 'integer',
    level,
    role,
    nullable: false,
    ...(encryption === undefined ? {} : { encryption }),
  };
}
