/** The access log: tree, checkpoints, receipts, tiles, and the checks that trust none of them. */

export { isConsistent, isIncluded } from './check-proof.ts';
export {
  type Checkpoint,
  checkpointText,
  decodeBase64,
  openCheckpoint,
  type ParsedCheckpoint,
  signatureLine,
  type TreeHead,
} from './checkpoint.ts';
export { exportTiles } from './export-tiles.ts';
export { type AccessLog, type LogDeps, openLog } from './log.ts';
export {
  homeLogKeys,
  LOG_ORIGIN,
  type LogKey,
  loadOrCreateLogKey,
  loadOrCreateNamedKey,
  type NoteVerifier,
  parseVkey,
} from './log-key.ts';
export type { LogProblem, ProblemKind } from './log-problem.ts';
export { checkReceipt, formatReceipt } from './receipt.ts';
export { type KeyChange, retireLogKey, rotateLogKey, withClosedLog } from './rotate-key.ts';
export { parseTilePath, type TileAddress, tilePath } from './tiles.ts';
export {
  type VerifyOptions,
  type VerifyReport,
  type VerifyState,
  verifyHome,
  verifyTiles,
} from './verify.ts';
export { type NamesReport, verifyNames } from './verify-names.ts';
