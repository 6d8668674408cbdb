import {
  type ColumnSchema,
  encryptedColumns,
  ROW_INDEX_COLUMN,
  squareColumns,
  type TableSchema,
} from '#policies/stored-tables';

/**
 * The declaration with the columns that an upload has beside it where some are encrypted: the row's index, a word whatever the
 * scheme, and the ciphertext of squares (column-sql.ts).
 */
export function storedSchema(schema: TableSchema): TableSchema {
  const encrypted = encryptedColumns(schema);
  const [first] = encrypted;
  if (first === undefined) return schema;
  const beside = encrypted.flatMap((column) => squareColumns(column).map((name) => cipherColumn(name, column)));
  const index = cipherColumn(ROW_INDEX_COLUMN, { ...first, encryption: { ...first.encryption, scheme: 'ashe-v1' } });
  return { ...schema, columns: [...schema.columns, index, ...beside] };
}

function cipherColumn(name: string, { title, level, role, encryption }: ColumnSchema): ColumnSchema {
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
