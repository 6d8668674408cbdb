import { readStruct, type ThriftList, type ThriftStruct, type ThriftValue, writeStruct } from './thrift-compact.ts';
import { formatError } from './upload-problem.ts';

/**
 * The footer of a Parquet file: which columns there are, and where each row group lies. Field numbers are those of
 * https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
export interface ParquetFooter {
  /** Top-level names, all of them plain columns. */
  readonly columns: readonly string[];
  readonly rowGroups: readonly RowGroup[];
}

export interface RowGroup {
  readonly rows: number;
  /** Of the values in memory, as the file says. */
  readonly valueBytes: number;
  /** All of its pages lie in here. */
  readonly offset: number;
  readonly length: number;
  /** The footer of a file that has this row group alone, at the same place. */
  readonly footer: Buffer;
}

const FILE_SCHEMA = 2;
const FILE_ROWS = 3;
const FILE_ROW_GROUPS = 4;
const FILE_ENCRYPTION = 8;
const ELEMENT_NAME = 4;
const ELEMENT_REPETITION = 3;
const ELEMENT_CHILDREN = 5;
const REPEATED = 2n;
const GROUP_COLUMNS = 1;
const GROUP_VALUE_BYTES = 2;
const GROUP_ROWS = 3;
const CHUNK_FILE_PATH = 1;
const CHUNK_METADATA = 3;
/** Page indexes, which lie outside of the row group. */
const CHUNK_INDEXES = [4, 5, 6, 7] as const;
const CHUNK_CRYPTO = 8;
const COLUMN_COMPRESSED_BYTES = 7;
const COLUMN_DATA_OFFSET = 9;
const COLUMN_DICTIONARY_OFFSET = 11;
const COLUMN_BLOOM = [14, 15] as const;

/** @throws AppError UPLOAD_FORMAT parquet-malformed, parquet-nested, parquet-encrypted */
export function readParquetFooter(bytes: Buffer, fileBytes: number): ParquetFooter {
  const file = readStruct(bytes);
  if (file.has(FILE_ENCRYPTION)) throw formatError('parquet-encrypted');
  const columns = plainColumns(listOf(file, FILE_SCHEMA));
  const groups = file.has(FILE_ROW_GROUPS) ? listOf(file, FILE_ROW_GROUPS) : { element: 12, items: [] };
  const rowGroups = groups.items.map((group) => {
    if (!(group instanceof Map)) throw formatError('parquet-malformed');
    return rowGroup(file, group, groups.element, columns.length, fileBytes);
  });
  return { columns, rowGroups };
}

function plainColumns(schema: ThriftList): readonly string[] {
  const [root, ...leaves] = schema.items;
  if (!(root instanceof Map) || leaves.length === 0) throw formatError('parquet-malformed');
  return leaves.map((leaf) => {
    if (!(leaf instanceof Map)) throw formatError('parquet-malformed');
    const nested = leaf.has(ELEMENT_CHILDREN) && numberOf(leaf, ELEMENT_CHILDREN) > 0;
    if (nested || leaf.get(ELEMENT_REPETITION)?.value === REPEATED) throw formatError('parquet-nested');
    const name = leaf.get(ELEMENT_NAME)?.value;
    if (!Buffer.isBuffer(name)) throw formatError('parquet-malformed');
    return name.toString('utf8');
  });
}

function rowGroup(
  file: ThriftStruct,
  group: ThriftStruct,
  element: number,
  columns: number,
  fileBytes: number,
): RowGroup {
  const chunks = listOf(group, GROUP_COLUMNS);
  if (chunks.items.length !== columns) throw formatError('parquet-malformed');
  let start = Number.MAX_SAFE_INTEGER;
  let end = 0;
  const kept = chunks.items.map((chunk) => {
    if (!(chunk instanceof Map)) throw formatError('parquet-malformed');
    if (chunk.has(CHUNK_CRYPTO)) throw formatError('parquet-encrypted');
    const metadata = chunk.get(CHUNK_METADATA)?.value;
    // A chunk in another file would have the engine open a path of the uploader's choice.
    if (!(metadata instanceof Map) || chunk.has(CHUNK_FILE_PATH)) throw formatError('parquet-malformed');
    const from = firstPage(metadata);
    start = Math.min(start, from);
    end = Math.max(end, from + numberOf(metadata, COLUMN_COMPRESSED_BYTES));
    return withoutFields(
      new Map(chunk).set(CHUNK_METADATA, { type: 12, value: withoutFields(metadata, COLUMN_BLOOM) }),
      CHUNK_INDEXES,
    );
  });
  if (start < 4 || end > fileBytes || start > end) throw formatError('parquet-malformed');
  const rows = numberOf(group, GROUP_ROWS);
  const alone = new Map(group).set(GROUP_COLUMNS, { type: 9, value: { element: chunks.element, items: kept } });
  const footer = new Map(file)
    .set(FILE_ROWS, { type: 6, value: BigInt(rows) })
    .set(FILE_ROW_GROUPS, { type: 9, value: { element, items: [alone] } });
  return {
    rows,
    valueBytes: numberOf(group, GROUP_VALUE_BYTES),
    offset: start,
    length: end - start,
    footer: writeStruct(footer),
  };
}

/** Some writers leave a dictionary offset of 0 where there is none. */
function firstPage(metadata: ThriftStruct): number {
  const data = numberOf(metadata, COLUMN_DATA_OFFSET);
  const dictionary = metadata.has(COLUMN_DICTIONARY_OFFSET) ? numberOf(metadata, COLUMN_DICTIONARY_OFFSET) : 0;
  return dictionary > 0 ? Math.min(data, dictionary) : data;
}

function withoutFields(fields: ThriftStruct, dropped: readonly number[]): ThriftStruct {
  return new Map([...fields].filter(([id]) => !dropped.includes(id)));
}

function listOf(fields: ThriftStruct, id: number): ThriftList {
  const value: ThriftValue | undefined = fields.get(id)?.value;
  if (typeof value !== 'object' || Buffer.isBuffer(value) || value instanceof Map)
    throw formatError('parquet-malformed');
  return value;
}

function numberOf(fields: ThriftStruct, id: number): number {
  const value = fields.get(id)?.value;
  if (typeof value !== 'bigint' || value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw formatError('parquet-malformed');
  }
  return Number(value);
}
