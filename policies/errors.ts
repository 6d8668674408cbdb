/**
 * Expected failures. Every folder has its own closed union of codes; a code's text, hint and HTTP status live in the
 * gateway's catalogue, so that nothing below knows a language or a protocol. A bug is never an AppError: see `assert`.
 */

/** Where in the user's own text: offsets are UTF-16 code units, line and column count from 1. */
export interface SourcePlace {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** Facts that fill a message. Only the user's own words, public metadata and numbers of the policy: never data. */
export type ErrorFacts = Readonly<Record<string, string | number | readonly string[]>>;

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
  readonly place: SourcePlace | null;

  constructor(code: ErrorCode, facts: ErrorFacts = {}, place: SourcePlace | null = null, cause?: unknown) {
    super(code, cause === undefined ? undefined : { cause });
    this.code = code;
    this.facts = facts;
    this.place = place;
  }
}

/** A bug: kills the worker, ends the request as a bare 500, stops the process when log or ledger is concerned. */
export class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed';
}

export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new AssertionFailed(invariant);
}

/**
 * SQL that the compiler refuses. The facts that each code carries are listed beside it; a test ties the list to the
 * message catalogues and to the reference page.
 */
export const SQL_ERROR_CODES = [
  'SQL_SYNTAX', // facts: near, accepted: where what other systems write is recognised
  'SQL_TOO_LONG', // bytes, bytesMax
  'SQL_TOO_COMPLEX', // what, limit
  'SQL_NOT_SELECT', // (none): only one SELECT statement
  'SQL_STATEMENTS', // count: exactly one statement
  'SQL_CONSTRUCT_REFUSED', // construct, accepted: nearest admissible form
  'SQL_FUNCTION_REFUSED', // function, given, accepted: `given` counts the arguments, where only they are wrong
  'SQL_TYPE_REFUSED', // type, accepted
  'SQL_TABLE_UNKNOWN', // table, granted[]: absent and not granted look the same
  'SQL_COLUMN_UNKNOWN', // column, near[]
  'SQL_COLUMN_AMBIGUOUS', // column, candidates[]
  'SQL_TYPE_MISMATCH', // what, expected, actual, accepted
  'SQL_AGGREGATE_MISPLACED', // function, accepted
  'SQL_NOT_GROUPED', // column
  'SQL_LITERAL_REFUSED', // what, accepted
] as const;

/** Queries that are well-formed but that no policy lets through. */
export const POLICY_ERROR_CODES = [
  'POLICY_IDENTIFIER_USE', // column, use, accepted
  'POLICY_ROWS_REFUSED', // mode, columns[]: rows asked of columns that only leave aggregated
  'POLICY_MODE_NOT_AVAILABLE', // mode, columns[]
  'POLICY_MODE_DENY', // columns[]
  'POLICY_UNIT_MISSING', // table, accepted
  'POLICY_AGGREGATE_REFUSED', // function, mode, accepted
  'POLICY_CONSTRUCT_REFUSED', // construct, mode, accepted
  'POLICY_ACCESS_DENIED', // action
  'POLICY_FROZEN', // scope: the security office has stopped it
  'POLICY_CANARY', // (none): the answer held a value that must never leave
] as const;

/** A plan that lacks what the source plan demands (policies/authorization/requirements.ts). */
export const STANDING_ERROR_CODES = [
  'GRANT_MISSING', // plan, requirement, paragraph, missing, also[]: no grant in force covers any table of the plan
  'OPERATOR_OUT_OF_TERM', // plan, requirement, paragraph, missing, also[]: no signed agreement in term, or the operator has left
  'OPERATOR_INCIDENT', // plan, requirement, paragraph, missing, also[]: an incident is under review, or stands against an award
  'OPERATOR_AFFILIATE', // plan, requirement, paragraph, missing, also[]: who develops belongs to an operator
  'PLAN_SUSPENDED', // plan, requirement, paragraph, missing, also[]: entries of its tables changed since it was reviewed
  'DEVELOPER_NOT_ONBOARDED', // plan, requirement, paragraph, missing, also[]: no dossier that was approved under the rules in force
  'AGREEMENT_NOT_FILED', // plan, requirement, paragraph, missing, also[]: developer and operator have not signed, or it is not filed
  'PLAN_NOT_SUPPLIED', // plan, requirement, paragraph, missing, also[]: a table without its provider's receipt
  'SYNC_MISMATCH', // plan, requirement, paragraph, missing, also[]: what came from another platform does not agree with its list
  'ACCOUNT_NOT_ONBOARDED', // plan, requirement, paragraph: the account stands in no dossier of its organisation
  'PLAN_SCOPE', // plan, planHash, requirement, paragraph, columns[], joins[], outputs[]: what the query does and the plan does not say
  'GRANT_SCOPE', // plan, requirement, paragraph, columns[]: the query uses what the plan asks for and no grant covers
] as const;

/** What a developer, provider or officer may have wrong about the catalogue. */
export const CATALOG_ERROR_CODES = [
  'RESOURCE_NOT_FOUND', // id
  'RESOURCE_EXISTS', // id
  'RESOURCE_STATE', // id, state, accepted
  'RESOURCE_INVALID', // path, problem
  'ENTRY_INCOMPLETE', // id, missing[]: fields without which an entry cannot be listed
  'GATE_CLOSED', // id, missing[]: gates before a listing that it has not passed
  'LIST_INVALID', // path, problem
  'LIST_NOT_FOUND', // id
  'LIST_STATE', // id, state, accepted
  'DEMAND_NOT_FOUND', // id
  'DEMAND_STATE', // id, state, accepted
  'RULES_STATE', // id, state, accepted
  'TIME_LIMITS_INVALID', // path, problem
  'TIME_LIMITS_STATE', // id, state, accepted
  'ONBOARDING_INVALID', // path, problem
  'ONBOARDING_NOT_FOUND', // id
  'ONBOARDING_STATE', // id, state, accepted
  'DESTRUCTION_INCOMPLETE', // id, found[]: the key is gone, but a scan found what should not be there
  'PLAN_NOT_FOUND', // id
  'PLAN_INVALID', // path, problem
  'PLAN_STATE', // id, state, accepted
  'GRANT_NOT_FOUND', // id
  'GRANT_INVALID', // path, problem
  'GRANT_STATE', // id, state, accepted
  'AGREEMENT_NOT_FOUND', // id
  'AGREEMENT_INVALID', // path, problem
  'AGREEMENT_STATE', // id, state, accepted
  'INCIDENT_NOT_FOUND', // id
  'INCIDENT_STATE', // id, state, accepted
  'EXIT_NOT_FOUND', // id
  'EXIT_STATE', // id, state, accepted
  'OPERATOR_LEFT', // id: nobody of an operator that has left is let in
  'KEY_NOT_FOUND', // id
  'KEY_STATE', // id, state, accepted
  'SIGNATURE_INVALID', // problem: nothing that a key of the organisation signed, or not of this
  'SYNC_NOT_FOUND', // id: of a peer, or of a mismatch by the key of its envelope
  'SYNC_STATE', // id, state, accepted
  'SYNC_REFUSED', // problem: an envelope or a list that is none, of a kind that the peer has no part in, or too old
  'SYNC_CONFLICT', // id: other content under a key, or of a day, that is here
  'SYNC_SEQUENCE', // sequence, expected: a gap, or a number that was used
  'JOB_NOT_FOUND', // id
  'JOB_STATE', // id, state, accepted
  'JOB_CANCELLED', // (none): by its owner, by a freeze or by a shutdown
  'RESULT_EXPIRED', // id: the time for which results are kept is over
  'VERSION_DESTROYED', // id: of a table that the job was to read
  'JOB_ABORTED', // (none): the gateway stopped while the job ran; it is charged
  'SCAN_FINDING_NOT_FOUND', // id: of a table, a column of it and a kind of identifier
  'SCAN_FINDING_STATE', // id, state, accepted
  'FREEZE_NOT_FOUND', // id
  'FREEZE_STATE', // id, state, accepted
  'CANARY_NOT_FOUND', // id
  'PRODUCT_NOT_FOUND', // id
  'PRODUCT_INVALID', // path, problem
  'PRODUCT_STATE', // id, state, accepted
  'CONSENT_KEY_NOT_FOUND', // id
  'INTAKE_NOT_FOUND', // id
  'INTAKE_STATE', // id, state, accepted
  'INTAKE_INVALID', // problem
  'INTAKE_REFUSED', // limit, problem: rows | near | uploads
  'CONSENT_INVALID', // problem: a key or a withdrawal that is none; never said of a consent that a question came with
  'IDEMPOTENCY_CONFLICT', // key
  'BUDGET_EXHAUSTED', // what, account, needed, limit, remaining, remedy
  'HOME_NEWER', // found, known
  'HOME_MIXED', // versions, marked, entries: the vault is newer than the store
  'HOME_DAMAGED', // file: it is not, or no longer, the database that the gateway wrote
  'HOME_IN_USE', // (none): another gateway process holds the same home
  'STORE_FAILED', // (none)
  'CATALOGUE_CORRUPT', // table, key: a row that decides who may ask is not as the gateway wrote it
] as const;

/** Isolation, engine and vault. */
export const SANDBOX_ERROR_CODES = [
  'SANDBOX_UNAVAILABLE', // tier, remedy
  'SANDBOX_UNPROVEN', // tier, seconds: the self-test did not finish
  'SANDBOX_BUSY', // retryAfterSeconds
  'SANDBOX_TIMEOUT', // deadlineMs
  'SANDBOX_SLOW', // seconds: the SQL was not read by then, though it is not too complex
  'SANDBOX_MEMORY', // limitMb
  'SANDBOX_FAILED', // (none): the worker died or its engine refused; the reason stays inside
  'UPLOAD_FORMAT', // problem, accepted
  'UPLOAD_ENCODING', // encoding, declared, accepted
  'UPLOAD_HEADER', // missing[], unexpected[]
  'UPLOAD_ROWS_REJECTED', // rejected, rows
  'UPLOAD_UNDER_DECLARED', // columns[], accepted[]: values that are identifiers, and are not declared so
  'UPLOAD_UNIT_ROWS', // column, rowsMax: a unit has more rows than its column declares
  'UPLOAD_TOO_LARGE', // bytesMax
  'UPLOAD_INTERRUPTED', // bytes
  'UPLOAD_CIPHERTEXT', // problem: encrypted columns that are not as their provider signed them
  'UPLOAD_APPEND', // problem: rows cannot be added to the current version
  'UPLOAD_DIGEST', // algorithm: the body does not have the digest that the header declares
  'VAULT_CORRUPT', // (none)
  'MASTER_KEY_WRONG', // needed, given: ids of master keys; another one than the configured wrapped it
  'KEY_SERVICE_FAILED', // problem: start | exit | timeout | unreachable | status | answer | token
] as const;

/** The custodian of level `important`, another process than the gateway. */
export const CUSTODY_ERROR_CODES = [
  'CUSTODIAN_REFUSED', // why, reason, remedy: it opened nothing, and says which of its own rules stands against it
  'CUSTODIAN_AWAY', // (none): not reached, or its answer is not signed by it
] as const;

/** HTTP, identity and command line. */
export const GATEWAY_ERROR_CODES = [
  'REQUEST_INVALID', // problems[]: path: what
  'REQUEST_TOO_LARGE', // bytesMax
  'REQUEST_TOO_SLOW', // seconds: the body, or a piece of it, did not come in that time
  'ROUTE_NOT_FOUND', // path
  'METHOD_NOT_ALLOWED', // method, allowed[]
  'MEDIA_TYPE_UNSUPPORTED', // mediaType, accepted[]
  'NOT_ACCEPTABLE', // accepted[]
  'TOKEN_MISSING', // (none)
  'TOKEN_INVALID', // reason: expired | signature | claims | algorithm | issuer-unreachable
  'CONFIG_INVALID', // variable, problem
  'RATE_LIMITED', // retryAfterSeconds
  'LOG_CORRUPT', // index, problem
  'WITNESS_AWAY', // retryAfterSeconds: the result waits for the cosignature of the log's witness
  'INTERNAL', // (none): a bug; nothing else is said
] as const;

export type SqlErrorCode = (typeof SQL_ERROR_CODES)[number];
export type PolicyErrorCode = (typeof POLICY_ERROR_CODES)[number];
export type StandingErrorCode = (typeof STANDING_ERROR_CODES)[number];
export type CatalogErrorCode = (typeof CATALOG_ERROR_CODES)[number];
export type SandboxErrorCode = (typeof SANDBOX_ERROR_CODES)[number];
export type CustodyErrorCode = (typeof CUSTODY_ERROR_CODES)[number];
export type GatewayErrorCode = (typeof GATEWAY_ERROR_CODES)[number];
export type ErrorCode =
  | SqlErrorCode
  | PolicyErrorCode
  | StandingErrorCode
  | CatalogErrorCode
  | SandboxErrorCode
  | CustodyErrorCode
  | GatewayErrorCode;

export const ERROR_CODES: readonly ErrorCode[] = [
  ...SQL_ERROR_CODES,
  ...POLICY_ERROR_CODES,
  ...STANDING_ERROR_CODES,
  ...CATALOG_ERROR_CODES,
  ...SANDBOX_ERROR_CODES,
  ...CUSTODY_ERROR_CODES,
  ...GATEWAY_ERROR_CODES,
];

/** Line and column of an offset, for messages. */
export function placeOf(text: string, offset: number | null): SourcePlace | null {
  if (offset === null || offset < 0 || offset > text.length) return null;
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { offset, line, column: offset - (before.lastIndexOf('\n') + 1) + 1 };
}
