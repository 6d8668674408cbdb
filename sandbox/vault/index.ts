/** Table data at rest, encrypted; plain only in memory and only while in use. */

export type { AttachedVersion } from './attachments.ts';
export type { SegmentInfo } from './manifest.ts';
export type { ScratchDir } from './private-dir.ts';
export { openVault, type Vault, type VaultOptions } from './vault.ts';
export type { VersionWriter } from './version-writer.ts';
