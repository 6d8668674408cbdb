import { randomUUID } from 'node:crypto';
import { HTTPException } from 'hono/http-exception';
import type { JobProblem } from '#catalog';
import { AppError, ERROR_CODES, type ErrorCode, type ErrorFacts, type SourcePlace } from '#policies';
import { APPEND_PROBLEMS, type RejectedRow, RowsRejectedError, UPLOAD_PROBLEMS } from '#sandbox';
import { CATALOGUES, FILLINGS, type Language } from './messages/language.ts';
import { fillTemplate } from './messages/message.ts';

/** HTTP statuses that a problem can have. */
export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 406 | 408 | 409 | 410 | 413 | 415 | 422 | 429 | 500 | 503;

/** The one place where codes become HTTP. Typed by the closed list: a code without a status does not compile. */
export const STATUS_OF: Readonly<Record<ErrorCode, ProblemStatus>> = {
  SQL_SYNTAX: 422,
  SQL_TOO_LONG: 422,
  SQL_TOO_COMPLEX: 422,
  SQL_NOT_SELECT: 422,
  SQL_STATEMENTS: 422,
  SQL_CONSTRUCT_REFUSED: 422,
  SQL_FUNCTION_REFUSED: 422,
  SQL_TYPE_REFUSED: 422,
  SQL_TABLE_UNKNOWN: 422,
  SQL_COLUMN_UNKNOWN: 422,
  SQL_COLUMN_AMBIGUOUS: 422,
  SQL_TYPE_MISMATCH: 422,
  SQL_AGGREGATE_MISPLACED: 422,
  SQL_NOT_GROUPED: 422,
  SQL_LITERAL_REFUSED: 422,
  POLICY_IDENTIFIER_USE: 403,
  POLICY_ROWS_REFUSED: 403,
  POLICY_MODE_NOT_AVAILABLE: 403,
  POLICY_MODE_DENY: 403,
  POLICY_UNIT_MISSING: 403,
  POLICY_AGGREGATE_REFUSED: 403,
  POLICY_CONSTRUCT_REFUSED: 403,
  POLICY_ACCESS_DENIED: 403,
  POLICY_FROZEN: 403,
  POLICY_CANARY: 403,
  RESOURCE_NOT_FOUND: 404,
  RESOURCE_EXISTS: 409,
  RESOURCE_STATE: 409,
  RESOURCE_INVALID: 422,
  ENTRY_INCOMPLETE: 422,
  GATE_CLOSED: 409,
  LIST_INVALID: 422,
  LIST_NOT_FOUND: 404,
  LIST_STATE: 409,
  DEMAND_NOT_FOUND: 404,
  DEMAND_STATE: 409,
  RULES_STATE: 409,
  TIME_LIMITS_INVALID: 422,
  TIME_LIMITS_STATE: 409,
  ONBOARDING_INVALID: 422,
  ONBOARDING_NOT_FOUND: 404,
  ONBOARDING_STATE: 409,
  DESTRUCTION_INCOMPLETE: 409,
  PLAN_NOT_FOUND: 404,
  PLAN_INVALID: 422,
  PLAN_STATE: 409,
  GRANT_MISSING: 403,
  GRANT_SCOPE: 403,
  PLAN_SCOPE: 403,
  OPERATOR_OUT_OF_TERM: 403,
  OPERATOR_INCIDENT: 403,
  OPERATOR_AFFILIATE: 403,
  AGREEMENT_NOT_FOUND: 404,
  AGREEMENT_INVALID: 422,
  AGREEMENT_STATE: 409,
  INCIDENT_NOT_FOUND: 404,
  INCIDENT_STATE: 409,
  EXIT_NOT_FOUND: 404,
  EXIT_STATE: 409,
  OPERATOR_LEFT: 403,
  GRANT_NOT_FOUND: 404,
  GRANT_INVALID: 422,
  GRANT_STATE: 409,
  KEY_NOT_FOUND: 404,
  KEY_STATE: 409,
  SIGNATURE_INVALID: 422,
  PLAN_SUSPENDED: 403,
  DEVELOPER_NOT_ONBOARDED: 403,
  AGREEMENT_NOT_FILED: 403,
  PLAN_NOT_SUPPLIED: 403,
  SYNC_MISMATCH: 403,
  SYNC_NOT_FOUND: 404,
  SYNC_STATE: 409,
  SYNC_REFUSED: 422,
  SYNC_CONFLICT: 409,
  SYNC_SEQUENCE: 409,
  ACCOUNT_NOT_ONBOARDED: 403,
  SCAN_FINDING_NOT_FOUND: 404,
  SCAN_FINDING_STATE: 409,
  FREEZE_NOT_FOUND: 404,
  FREEZE_STATE: 409,
  CANARY_NOT_FOUND: 404,
  PRODUCT_NOT_FOUND: 404,
  PRODUCT_INVALID: 422,
  PRODUCT_STATE: 409,
  CONSENT_KEY_NOT_FOUND: 404,
  INTAKE_NOT_FOUND: 404,
  INTAKE_STATE: 409,
  INTAKE_INVALID: 422,
  INTAKE_REFUSED: 422,
  CONSENT_INVALID: 422,
  JOB_NOT_FOUND: 404,
  JOB_STATE: 409,
  JOB_CANCELLED: 409,
  RESULT_EXPIRED: 410,
  VERSION_DESTROYED: 410,
  JOB_ABORTED: 503,
  BUDGET_EXHAUSTED: 403,
  IDEMPOTENCY_CONFLICT: 409,
  HOME_IN_USE: 500,
  HOME_NEWER: 500,
  HOME_MIXED: 500,
  HOME_DAMAGED: 500,
  STORE_FAILED: 503,
  CATALOGUE_CORRUPT: 500,
  SANDBOX_UNAVAILABLE: 503,
  SANDBOX_UNPROVEN: 503,
  SANDBOX_BUSY: 503,
  SANDBOX_SLOW: 503,
  // WHY: a job beyond its limits is the request's own failing; a 5xx would invite clients to repeat it.
  SANDBOX_TIMEOUT: 422,
  SANDBOX_MEMORY: 422,
  SANDBOX_FAILED: 500,
  UPLOAD_FORMAT: 422,
  UPLOAD_ENCODING: 422,
  UPLOAD_HEADER: 422,
  UPLOAD_UNIT_ROWS: 422,
  UPLOAD_ROWS_REJECTED: 422,
  UPLOAD_UNDER_DECLARED: 422,
  UPLOAD_TOO_LARGE: 413,
  UPLOAD_INTERRUPTED: 400,
  UPLOAD_CIPHERTEXT: 422,
  UPLOAD_APPEND: 409,
  UPLOAD_DIGEST: 400,
  VAULT_CORRUPT: 500,
  CUSTODIAN_REFUSED: 403,
  CUSTODIAN_AWAY: 503,
  MASTER_KEY_WRONG: 500,
  KEY_SERVICE_FAILED: 503,
  REQUEST_INVALID: 400,
  REQUEST_TOO_LARGE: 413,
  REQUEST_TOO_SLOW: 408,
  ROUTE_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  MEDIA_TYPE_UNSUPPORTED: 415,
  NOT_ACCEPTABLE: 406,
  TOKEN_MISSING: 401,
  TOKEN_INVALID: 401,
  CONFIG_INVALID: 500,
  RATE_LIMITED: 429,
  LOG_CORRUPT: 500,
  WITNESS_AWAY: 503,
  INTERNAL: 500,
};

/** RFC 9457 problem details, with the project's own members. */
export interface Problem {
  /** `/problems/<CODE>`: a page that explains the code. */
  type: string;
  title: string;
  status: ProblemStatus;
  detail: string;
  code: ErrorCode;
  hint: string;
  /** Where in the SQL text; null where nothing in it is to blame. */
  place: SourcePlace | null;
  facts: Record<string, string | number | string[]>;
  /** What this occurrence is: the job it ended, or a reference that only the operator's own log explains. */
  instance?: string;
  job?: string;
  reference?: string;
  /** The first rejected rows of an upload, without their values. */
  rejected?: RejectedRow[];
}

/** An expected failure as data. */
export interface Failure {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
  readonly place: SourcePlace | null;
}

/** The problem of an expected failure, in words of `language`. */
export function problemOf(failure: Failure, language: Language): Problem {
  const message = CATALOGUES[language][failure.code];
  const words = wordsOf(failure);
  const fill = (template: string): string => fillTemplate(template, words, FILLINGS[language]);
  return {
    type: `/problems/${failure.code}`,
    title: message.title,
    status: STATUS_OF[failure.code],
    detail: placed(fill(message.detail), failure.place, language),
    code: failure.code,
    hint: fill(message.hint) || (language === 'en' ? 'see the page of this problem' : '参见该问题的说明页'),
    place: failure.place,
    facts: Object.fromEntries(Object.entries(failure.facts).map(([name, fact]) => [name, copyFact(fact)])),
  };
}

/** The problem of a failed or refused job. */
export function problemOfJob(job: string, failure: JobProblem, language: Language): Problem {
  return { ...problemOf(failureOf(failure), language), job, instance: `/v1/jobs/${job}` };
}

/** A failure as stored. An older home may hold a code that is gone: then nothing is known but that it failed. */
export function failureOf({ code, facts, place }: JobProblem): Failure {
  const known = ERROR_CODES.find((one) => one === code);
  return known === undefined ? { code: 'INTERNAL', facts: {}, place: null } : { code: known, facts, place };
}

/**
 * The problem of anything thrown. What is not an expected failure becomes a bare INTERNAL with a random reference, which
 * `onBug` gets beside the error, so that the operator's own log can explain it.
 */
export function problemOfThrown(
  error: unknown,
  language: Language,
  onBug: (reference: string, error: unknown) => void,
): Problem {
  if (error instanceof RowsRejectedError) {
    return { ...problemOf(error, language), rejected: error.report.rejected.map((row) => ({ ...row })) };
  }
  if (error instanceof AppError) return problemOf(error, language);
  if (error instanceof HTTPException && error.status === 400) {
    return problemOf({ code: 'REQUEST_INVALID', facts: {}, place: null }, language);
  }
  const reference = randomUUID();
  onBug(reference, error);
  const bare = problemOf({ code: 'INTERNAL', facts: {}, place: null }, language);
  return { ...bare, reference, instance: `urn:uuid:${reference}` };
}

/** The problem as a response. */
export function problemResponse(problem: Problem, language: Language): Response {
  const headers = new Headers({
    'Content-Type': 'application/problem+json',
    'Content-Language': language,
    'Cache-Control': 'no-store',
  });
  const { retryAfterSeconds, allowed } = problem.facts;
  if (problem.status === 401) headers.set('WWW-Authenticate', challengeOf(problem.code));
  if (typeof retryAfterSeconds === 'number') headers.set('Retry-After', String(Math.ceil(retryAfterSeconds)));
  if (problem.status === 405 && Array.isArray(allowed)) headers.set('Allow', allowed.join(', '));
  if (problem.job !== undefined) headers.set('Location', `/v1/jobs/${problem.job}`);
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

/** What fills the message: the facts, and in both languages what stands behind a word of a closed list. */
function wordsOf({ code, facts }: Failure): ErrorFacts {
  const { problem } = facts;
  const words = LISTED_PROBLEMS[code];
  const listed = typeof problem === 'string' && words !== undefined && Object.hasOwn(words, problem) && words[problem];
  return listed ? { ...facts, problem: listed.en, problemZh: listed.zh } : facts;
}

const LISTED_PROBLEMS: Readonly<Partial<Record<ErrorCode, Readonly<Record<string, { en: string; zh: string }>>>>> = {
  UPLOAD_FORMAT: UPLOAD_PROBLEMS,
  UPLOAD_CIPHERTEXT: UPLOAD_PROBLEMS,
  UPLOAD_APPEND: APPEND_PROBLEMS,
};

/** RFC 6750, section 3. */
function challengeOf(code: ErrorCode): string {
  return code === 'TOKEN_INVALID' ? 'Bearer realm="sluice", error="invalid_token"' : 'Bearer realm="sluice"';
}

function placed(detail: string, place: SourcePlace | null, language: Language): string {
  if (place === null) return detail;
  const { line, column } = place;
  return language === 'en' ? `line ${line}, column ${column}: ${detail}` : `第 ${line} 行第 ${column} 列：${detail}`;
}

function copyFact(fact: ErrorFacts[string]): string | number | string[] {
  if (typeof fact === 'number') return Number.isFinite(fact) ? fact : String(fact);
  return typeof fact === 'string' ? fact.toWellFormed() : fact.map((word) => word.toWellFormed());
}
