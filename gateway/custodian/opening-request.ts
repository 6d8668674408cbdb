import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod';
import { canonicalJson } from '#catalog';
import { type RowSet, rowSetOf } from '#sandbox';
import { sealingKey } from './sealing-key.ts';

/** What a gateway asks a custodian to open, and what it gets. Numbers that may be large travel as text. */

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const whole = z.string().regex(/^-?(0|[1-9]\d{0,45})$/);
const positive = z.string().regex(/^[1-9]\d{0,45}$/);
const name = z.string().min(1).max(256);
const column = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/);

export const STATISTICS_MAX = 256;
export const SETS_MAX = 100_000;

const functional = z.strictObject({
  constant: whole,
  weights: z.array(z.strictObject({ column, of: z.enum(['value', 'square']), weight: whole })).max(64),
});

/** A set of rows, and the encrypted sums over it: one a column and power that some statistic reads. */
const rowsAndSums = z.strictObject({
  /** The bitmap over row indices, raw deflate, base64. */
  rows: z.base64(),
  size: z
    .int()
    .min(1)
    .max(2 ** 32),
  /** `sum`: of `ashe-v1` the number, of `bgv-v1` the digest of the ciphertext, which the custodian computes again. */
  sums: z.array(z.strictObject({ column, of: z.enum(['value', 'square']), sum: z.union([whole, hash]) })).max(128),
});

export const openingRequest = z.strictObject({
  v: z.literal(1),
  dataset: name,
  /** Names the encryption: `version` of the provider's package. */
  version: name,
  /** As the gateway has them declared: must be what the package says. */
  columns: z
    .array(
      z.strictObject({ name: column, scheme: z.enum(['ashe-v1', 'bgv-v1']), scale: z.int(), min: whole, max: whole }),
    )
    .max(64),
  job: name,
  plan: name,
  planHash: hash,
  organisation: name,
  /** Canonical hash of the query. */
  query: hash,
  /** Fewest units of every kind behind each set; the custodian's own may be more. */
  unitsMin: z.int().min(1).max(100_000),
  /** How much of one unit the sets hold at most, for every column that names units. */
  share: z
    .array(z.strictObject({ unit: column, groupsMax: z.int().min(1).nullable(), rowsMax: z.int().min(1) }))
    .max(16),
  /** `part`: which of a group's sets the number is about. */
  statistics: z
    .array(
      z.strictObject({
        part: z.int().min(0),
        functional,
        variance: z.strictObject({ top: positive, bottom: positive }),
      }),
    )
    .min(1)
    .max(STATISTICS_MAX),
  /** Per group its sets, as many as there are parts; null where a set is empty. Sets of one part have no row in common. */
  groups: z.array(z.array(rowsAndSums.nullable()).min(1).max(32)).min(1).max(SETS_MAX),
  /** Whom the answer is sealed for: the developer, or the gateway’s own key of this one question. */
  sealFor: sealingKey,
});
export type OpeningRequest = z.output<typeof openingRequest>;

/** What a request's signature covers besides its key: RFC 7519 names. `body`: SHA-256 of the request as it is sent. */
export const requestClaims = z.strictObject({
  jti: z.string().min(16).max(64),
  iat: z.int(),
  aud: z.string(),
  body: hash,
});
export const REQUEST_TYPE = 'sluice-opening+jws';
export const STATEMENT_TYPE = 'sluice-opened+jws';
export const ENVELOPE_TYPE = 'sluice-sealed+jws';

/** What the custodian signs: the numbers that it opened, with their noise, and for what. */
export const openedStatement = z.strictObject({
  v: z.literal(1),
  opening: name,
  dataset: name,
  version: name,
  job: name,
  plan: name,
  planHash: hash,
  organisation: name,
  query: hash,
  /** SHA-256 of the request. */
  request: hash,
  at: z.iso.datetime(),
  /** The custodian's log entry of it. */
  entry: z.int().min(0),
  statistics: z.array(z.strictObject({ functional: z.string(), variance: z.string() })),
  /** 32 random bytes. WHY: whoever may read the log but not the numbers could else try them all. Absent in what was signed formerly. */
  salt: hash.optional(),
  /** Per group and statistic a whole number; null where it is withheld, whatever the reason. */
  cells: z.array(z.array(whole.nullable())),
});
export type OpenedStatement = z.output<typeof openedStatement>;

/** What the custodian’s log has of the numbers. */
export function cellsDigest({ salt, cells }: Pick<OpenedStatement, 'salt' | 'cells'>): string {
  return sha256Hex(canonicalJson(salt === undefined ? cells : { salt, cells }));
}

export const openingAnswer = z.strictObject({
  /** Compact JWE of the signed statement. */
  sealed: z.string(),
  /** Compact JWS over an `envelope`: whoever passes the statement on unread sees that it is the custodian’s, of this request. */
  envelope: z.string(),
  /** The custodian's log entry, canonical JSON, and the `.tlog-proof` of it. */
  entry: z.string(),
  receipt: z.string(),
});
export type OpeningAnswer = z.output<typeof openingAnswer>;

/** SHA-256 of the request and of what is sealed. */
export const envelope = z.strictObject({ v: z.literal(1), request: hash, sealed: hash });

export const sha256Hex = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

export const packRows = ({ bytes }: RowSet): string => deflateRawSync(bytes, { level: 1 }).toString('base64');

/** @param rows of the table: no set is larger. @throws for what is no such bitmap */
export function unpackRows(packed: string, rows: number): RowSet {
  const bytesMax = Math.ceil(rows / 8);
  return rowSetOf(inflateRawSync(Buffer.from(packed, 'base64'), { maxOutputLength: Math.max(1, bytesMax) }));
}
