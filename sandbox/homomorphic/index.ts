/** Encrypted columns: ciphers, signed blocks, and what a custodian is given. */
export type { AggregateCipher, CipherDescription, EncryptedSum } from './aggregate-cipher.ts';
export { asheSumSql, sumOfWords } from './ashe/ashe-sql.ts';
export { type AsheThreads, openAsheThreads } from './ashe/ashe-threads.ts';
export { type AsheOptions, describeAshe, openAshe } from './ashe/ashe-v1.ts';
export { type BlockManifest, readManifest, type Signer, signManifest, thumbprintOf } from './block-manifest.ts';
export {
  type CustodianPackage,
  type CustodianStatement,
  NO_UNIT,
  openCustodianPackage,
  type PackagedUnits,
  packageHead,
  sealChunk,
} from './custodian-package.ts';
export { type EncryptedTable, type Encrypting, encryptTable } from './encrypting/encrypt-table.ts';
export { EncryptingStopped } from './encrypting/encrypting-stopped.ts';
export type { SourceFile } from './encrypting/source-file.ts';
export { hasRow, type RowSet, rowIndices, rowSetFrom, rowSetOf, rowSetSql } from './row-set.ts';
