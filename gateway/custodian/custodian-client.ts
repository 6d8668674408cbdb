import { randomUUID } from 'node:crypto';
import { compactDecrypt, exportJWK, generateKeyPair, type JWK } from 'jose';
import * as z from 'zod';
import {
  AppError,
  CUSTODY_REFUSALS,
  type CustodyRefusal,
  functionalText,
  type OpenedNumbers,
  type SealedQuestion,
} from '#policies';
import { rowSetOf } from '#sandbox';
import type { CustodyProof } from './custody-proof.ts';
import {
  type OpenedStatement,
  type OpeningRequest,
  openedStatement,
  openingAnswer,
  packRows,
  REQUEST_TYPE,
  STATEMENT_TYPE,
  sha256Hex,
} from './opening-request.ts';
import { type SigningKey, verifySigned } from './signing-key.ts';

/** For which job of whom something is opened. */
export interface OpeningPurpose {
  readonly job: string;
  readonly plan: string;
  readonly planHash: string;
  readonly organisation: string;
  readonly query: string;
}

export interface CustodianClient {
  /**
   * @throws AppError CUSTODIAN_REFUSED; CUSTODIAN_AWAY where no answer came that the custodian signed: nothing stands in for it
   */
  open(
    question: SealedQuestion,
    purpose: OpeningPurpose,
    signal: AbortSignal,
  ): Promise<{ readonly numbers: OpenedNumbers; readonly proof: CustodyProof }>;
}

export interface CustodianPlace {
  readonly url: string;
  /** Thumbprint of the key that its statements are signed with: kept by the operator, never fetched. */
  readonly thumbprint: string;
  readonly waitMs: number;
}

/** A gateway's side of a custodian. The key that answers are sealed for is of one question and never on a disk. */
export function createCustodianClient(place: CustodianPlace, key: SigningKey): CustodianClient {
  return {
    async open(question, purpose, signal) {
      const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { crv: 'X25519', extractable: true });
      const request = requestOf(question, purpose, await exportJWK(publicKey));
      const body = Buffer.from(JSON.stringify(request));
      const answer = await ask(place, body, await signed(body, place, key), signal);
      const { plaintext } = await compactDecrypt(answer.sealed, privateKey).catch(away);
      const statement = Buffer.from(plaintext).toString('latin1');
      const said = await checkedStatement(statement, body, request, place);
      const numbers = said.cells.map((cells) => cells.map((cell) => (cell === null ? null : BigInt(cell))));
      return { numbers, proof: { statement, entry: answer.entry, receipt: answer.receipt } };
    },
  };
}

function requestOf({ layout, terms, groups }: SealedQuestion, purpose: OpeningPurpose, sealFor: JWK): OpeningRequest {
  const { resource, version, columns, share } = layout.table;
  return {
    v: 1,
    dataset: resource,
    version,
    columns: [...columns],
    ...purpose,
    unitsMin: layout.unitsMin,
    share: [...share],
    statistics: terms.map(({ part, functional, variance }) => ({
      part,
      functional: { constant: functional.constant, weights: [...functional.weights] },
      variance,
    })),
    groups: groups.map((sets) => sets.map((set) => (set === null ? null : packedSet(set)))),
    sealFor: sealFor as OpeningRequest['sealFor'],
  };
}

type Set_ = NonNullable<SealedQuestion['groups'][number][number]>;

/** @throws AppError SANDBOX_FAILED where a join repeated rows, which the compiler ruled out */
function packedSet({ rows: bitmap, count, sums }: Set_) {
  const rows = rowSetOf(Buffer.from(bitmap, 'base64'));
  if (rows.size !== count) throw new AppError('SANDBOX_FAILED');
  return { rows: packRows(rows), size: count, sums: sums.map(({ sum, ...one }) => ({ ...one, sum: String(sum) })) };
}

async function signed(body: Uint8Array, { thumbprint }: CustodianPlace, key: SigningKey): Promise<string> {
  const iat = Math.floor(Date.now() / 1_000);
  const claims = { jti: randomUUID(), iat, aud: thumbprint, body: sha256Hex(body) };
  return key.sign(Buffer.from(JSON.stringify(claims)), REQUEST_TYPE);
}

const problem = z.looseObject({ code: z.string(), why: z.string().optional() });

async function ask(
  { url, waitMs }: CustodianPlace,
  body: Uint8Array<ArrayBuffer>,
  signature: string,
  signal: AbortSignal,
) {
  const response = await fetch(`${url}/v1/openings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sluice-signature': signature },
    body,
    signal: AbortSignal.any([signal, AbortSignal.timeout(waitMs)]),
    redirect: 'error',
  }).catch(away);
  const json: unknown = await response.json().catch(away);
  if (response.ok) return openingAnswer.parseAsync(json).catch(away);
  const { code, why } = problem.parse(json);
  if (code === 'CUSTODIAN_REFUSED' && why !== undefined && Object.hasOwn(CUSTODY_REFUSALS, why))
    throw new AppError('CUSTODIAN_REFUSED', { why, ...CUSTODY_REFUSALS[why as CustodyRefusal] });
  throw new AppError('CUSTODIAN_AWAY');
}

/** WHY nothing of the cause: what a broken connection says is not for whoever asked. */
function away(cause: unknown): never {
  throw new AppError('CUSTODIAN_AWAY', {}, null, cause);
}

/** Signed by the custodian that the operator pinned, about this very request, and of its shape. */
async function checkedStatement(
  jws: string,
  body: Uint8Array,
  request: OpeningRequest,
  { thumbprint }: CustodianPlace,
): Promise<OpenedStatement> {
  const verified = await verifySigned(jws, STATEMENT_TYPE, (one) => one === thumbprint);
  if (verified === null) throw new AppError('CUSTODIAN_AWAY');
  const parsed = openedStatement.safeParse(JSON.parse(Buffer.from(verified.payload).toString('utf8')));
  if (!parsed.success) throw new AppError('CUSTODIAN_AWAY');
  const { request: digest, cells, statistics } = parsed.data;
  const isOfRequest =
    digest === sha256Hex(body) &&
    cells.length === request.groups.length &&
    cells.every((row) => row.length === request.statistics.length) &&
    request.statistics.every(({ functional }, at) => statistics[at]?.functional === functionalText(functional));
  if (!isOfRequest) throw new AppError('CUSTODIAN_AWAY');
  return parsed.data;
}
