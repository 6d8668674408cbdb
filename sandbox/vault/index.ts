/** Table data at rest, encrypted; plain only in memory and only while in use. */

export type { AttachedVersion } from './attachments.ts';
export type { SegmentInfo } from './manifest.ts';
export type { ScratchDir } from './private-dir.ts';
export { REMAINS, type Remains, type RemainsKind, type RemainsReport } from './remains.ts';
export type { VersionTraces } from './traces.ts';
export { openVault, scanClosedVault, type Vault, type VaultOptions } from './vault.ts';
export type { VersionWriter } from './version-writer.ts';
