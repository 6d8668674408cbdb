import { AppError } from '#policies/stored-tables';

/** What may be wrong with a body as a whole: the fact `problem` of UPLOAD_FORMAT. Closed, with its text per language. */
export const UPLOAD_PROBLEMS = {
  empty: { zh: '上传内容为空', en: 'the body is empty' },
  'zip-or-xlsx': { zh: '这是 ZIP 或 XLSX 文件', en: 'this is a ZIP or XLSX file' },
  xls: { zh: '这是旧版 Excel 文件', en: 'this is an old Excel file' },
  gzip: { zh: '这是 gzip 压缩文件', en: 'this is a gzip file' },
  zstd: { zh: '这是 zstd 压缩文件', en: 'this is a zstd file' },
  pdf: { zh: '这是 PDF 文件', en: 'this is a PDF file' },
  sqlite: { zh: '这是 SQLite 文件', en: 'this is an SQLite file' },
  parquet: { zh: '这是 Parquet 文件，却按 CSV 上传', en: 'this is a Parquet file sent as CSV' },
  'nul-byte': { zh: '含有 NUL 字节', en: 'it contains a NUL byte' },
  'record-too-long': {
    zh: '有一行超过 1 MiB（可能是引号未闭合）',
    en: 'a row is longer than 1 MiB (perhaps a quote that never closes)',
  },
  'header-too-long': { zh: '表头超过 1 MiB', en: 'the header is longer than 1 MiB' },
  'not-parquet': { zh: '这不是 Parquet 文件', en: 'this is not a Parquet file' },
  'parquet-encrypted': { zh: 'Parquet 文件已加密', en: 'the Parquet file is encrypted' },
  'parquet-malformed': { zh: 'Parquet 文件已损坏', en: 'the Parquet file is damaged' },
  'parquet-nested': { zh: 'Parquet 文件含嵌套列', en: 'the Parquet file has nested columns' },
  'parquet-row-group-too-large': {
    zh: 'Parquet 行组过大，请以更小的行组写出',
    en: 'a row group is too large: write smaller ones',
  },
  'manifest-missing': { zh: '缺少签名清单', en: 'the signed manifest is missing' },
  'manifest-signature': { zh: '清单不是由登记的签名方签署', en: 'the manifest is not signed by the declared signer' },
  'manifest-other': { zh: '清单属于另一数据表或另一组列', en: 'the manifest is of another table, or of other columns' },
  'manifest-former': {
    zh: '密文为旧版布局（无符号字）：请用本版本重新加密',
    en: 'the ciphertext has a former layout, of unsigned words: encrypt the table again',
  },
  'row-index': { zh: '行序号不是从 0 起连续', en: 'row indices do not count up from 0' },
  'blocks-differ': {
    zh: '密文块与清单的摘要不符',
    en: 'the blocks of ciphertext do not have the digest of the manifest',
  },
} as const;
export type UploadProblem = keyof typeof UPLOAD_PROBLEMS;

/** Why rows cannot be added to a version: the fact `problem` of UPLOAD_APPEND. */
export const APPEND_PROBLEMS = {
  'no-base': { zh: '该表还没有可追加的版本', en: 'the table has no version yet' },
  'other-base': { zh: '当前版本不是所指定的版本', en: 'the current version is another one' },
  encrypted: { zh: '含加密列的表按整体签名', en: 'a table with encrypted columns is signed as a whole' },
  'no-rows': { zh: '没有可追加的行', en: 'it adds no rows' },
  'row-keys': {
    zh: '当前版本由较早的引擎存储，其行键不可比较',
    en: 'the current version was stored by another engine, and keys of its rows do not compare',
  },
  segments: { zh: '追加次数已达上限', en: 'rows were appended too many times' },
} as const;
export type AppendProblem = keyof typeof APPEND_PROBLEMS;

export function appendError(problem: AppendProblem): AppError {
  return new AppError('UPLOAD_APPEND', { problem });
}

const CSV_ACCEPTED = 'CSV (UTF-8 or GB18030; comma, semicolon, tab or |; LF or CRLF; a header line)';
const PARQUET_ACCEPTED = 'Parquet with flat columns';

export function formatError(problem: UploadProblem): AppError {
  const accepted = problem.startsWith('parquet-') || problem === 'not-parquet' ? PARQUET_ACCEPTED : CSV_ACCEPTED;
  return new AppError('UPLOAD_FORMAT', { problem, accepted });
}

export function ciphertextError(problem: UploadProblem): AppError {
  return new AppError('UPLOAD_CIPHERTEXT', { problem });
}

const SIGNATURES: readonly { readonly bytes: readonly number[]; readonly problem: UploadProblem }[] = [
  { bytes: [0x50, 0x4b, 0x03, 0x04], problem: 'zip-or-xlsx' },
  { bytes: [0x50, 0x41, 0x52, 0x31], problem: 'parquet' },
  { bytes: [0xd0, 0xcf, 0x11, 0xe0], problem: 'xls' },
  { bytes: [0x1f, 0x8b], problem: 'gzip' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], problem: 'zstd' },
  { bytes: [0x25, 0x50, 0x44, 0x46, 0x2d], problem: 'pdf' },
  { bytes: [...Buffer.from('SQLite format 3', 'latin1')], problem: 'sqlite' },
];

/** What a body that should be CSV really is, by its first bytes; null when nothing speaks against text. */
export function foreignFormat(head: Uint8Array): UploadProblem | null {
  const found = SIGNATURES.find(({ bytes }) => bytes.every((byte, index) => head[index] === byte));
  return found?.problem ?? null;
}
