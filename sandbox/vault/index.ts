/** Table data at rest, encrypted; plain only in memory and only while in use. */

export type { AttachedVersion } from './attachments.ts';
export { type CopyScan, type CopySearch, piecesOf } from './copies.ts';
export { type KeyService, type KeyWrapper, masterKeyWrapper, serviceKeyWrapper, wrapperIdOf } from './key-wrapper.ts';
export type { SegmentInfo } from './manifest.ts';
export type { ScratchDir } from './private-dir.ts';
export { REMAINS, type Remains, type RemainsKind, type RemainsReport } from './remains.ts';
export {
  clearReplacement,
  replaceSecret,
  requireRewrappable,
  requireWrapper,
  rewrapFile,
  rewrapVault,
  shredCopy,
} from './rewrap.ts';
export { scanForCopies } from './scan.ts';
export type { VersionTraces } from './traces.ts';
export { openVault, scanClosedVault, type Vault, type VaultOptions, versionsInVault } from './vault.ts';
export type { VersionWriter } from './version-writer.ts';
export { isWhole } from './whole.ts';
