/** Encrypted columns: ciphers, signed blocks, and what a custodian is given. */
export type { AggregateCipher, CipherDescription, EncryptedSum } from './aggregate-cipher.ts';
export { asheSumSql, sumOfWords } from './ashe/ashe-sql.ts';
export { type AsheThreads, openAsheThreads } from './ashe/ashe-threads.ts';
export { type AsheOptions, describeAshe, openAshe } from './ashe/ashe-v1.ts';
export { bgvKeyId } from './bgv/bgv-key-id.ts';
export { type BgvProcesses, openBgvProcesses, type SumWork } from './bgv/bgv-process.ts';
export type { BlockRun } from './bgv/bgv-protocol.ts';
export { type BgvSum, sumDigest } from './bgv/bgv-sums.ts';
export type { SignedBlock } from './bgv/block-check.ts';
export { blockRanges, openBlockTexts } from './bgv/block-text.ts';
export { joinedLimbs } from './bgv/limbs.ts';
export type { BgvKeys } from './bgv/seal-bgv.ts';
export { digestsIn } from './block-digests.ts';
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
export type { BgvEncrypting } from './encrypting/bgv-table-cipher.ts';
export { type EncryptedTable, type Encrypting, encryptTable } from './encrypting/encrypt-table.ts';
export { EncryptingStopped } from './encrypting/encrypting-stopped.ts';
export type { SourceFile } from './encrypting/source-file.ts';
export { type BlockSource, blocksInMemory, type HeldBlocks, openHeldBlocks } from './held-blocks.ts';
export { hasRow, type RowSet, rowIndices, rowSetFrom, rowSetOf, rowSetSql } from './row-set.ts';
