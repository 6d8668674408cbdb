/** The way in for a provider's data. */
export {
  type AppendBase,
  DEFAULT_INGEST_LIMITS,
  type IngestDependencies,
  type IngestLimits,
  type IngestProgress,
  ingest,
  type Upload,
} from './ingest.ts';
export {
  type IngestReport,
  REJECT_REASONS,
  type RejectedRow,
  type RejectReason,
  RowsRejectedError,
  UnderDeclaredError,
  type UploadEncoding,
} from './ingest-report.ts';
export { canonicalIdentifier, IDENTIFIER_CHARACTERS_MAX, tokenOf, UNIT_KEY_BYTES } from './token.ts';
export {
  APPEND_PROBLEMS,
  type AppendProblem,
  appendError,
  UPLOAD_PROBLEMS,
  type UploadProblem,
} from './upload-problem.ts';
