import { randomUUID } from 'node:crypto';
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose';
import * as z from 'zod';
import {
  AppError,
  assert,
  CUSTODY_REFUSALS,
  type CustodyRefusal,
  functionalText,
  type OpenedNumbers,
  type SealedQuestion,
} from '#policies';
import { rowSetOf } from '#sandbox';
import type { CustodyProof } from './custody-proof.ts';
import {
  ENVELOPE_TYPE,
  envelope,
  type OpenedStatement,
  type OpeningAnswer,
  type OpeningRequest,
  openedStatement,
  openingAnswer,
  packRows,
  REQUEST_TYPE,
  STATEMENT_TYPE,
  sha256Hex,
} from './opening-request.ts';
import type { SealingKey } from './sealing-key.ts';
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
  /** The same, sealed for somebody else: this side passes it on unread, once it has seen that the custodian signed it as sealed. */
  openFor(
    recipient: SealingKey,
    question: SealedQuestion,
    purpose: OpeningPurpose,
    signal: AbortSignal,
  ): Promise<OpeningAnswer>;
}

export interface CustodianPlace {
  readonly url: string;
  /** Thumbprint of the key that its statements are signed with: kept by the operator, never fetched. */
  readonly thumbprint: string;
  readonly waitMs: number;
}

/** A gateway's side of a custodian. The key that answers are sealed for is of one question and never on a disk. */
export function createCustodianClient(place: CustodianPlace, key: SigningKey): CustodianClient {
  const exchange = async (request: OpeningRequest, signal: AbortSignal) => {
    const body = Buffer.from(JSON.stringify(request));
    const answer = await ask(place, body, await signed(body, place, key), signal);
    const digest = sha256Hex(body);
    if (!(await isEnvelopeOf(answer, digest, place))) throw new AppError('CUSTODIAN_AWAY');
    return { answer, digest };
  };
  return {
    async open(question, purpose, signal) {
      const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { crv: 'X25519', extractable: true });
      const request = requestOf(question, purpose, (await exportJWK(publicKey)) as SealingKey);
      const { answer, digest } = await exchange(request, signal);
      const { plaintext } = await compactDecrypt(answer.sealed, privateKey).catch(away);
      const statement = Buffer.from(plaintext).toString('latin1');
      const said = await checkedStatement(statement, digest, request, place);
      const numbers = said.cells.map((cells) => cells.map((cell) => (cell === null ? null : BigInt(cell))));
      return { numbers, proof: { statement, entry: answer.entry, receipt: answer.receipt } };
    },
    async openFor(recipient, question, purpose, signal) {
      return (await exchange(requestOf(question, purpose, recipient), signal)).answer;
    },
  };
}

function requestOf(
  { layout, terms, groups }: SealedQuestion,
  purpose: OpeningPurpose,
  sealFor: SealingKey,
): OpeningRequest {
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
    sealFor,
  };
}

type Set_ = NonNullable<SealedQuestion['groups'][number][number]>;

/** @throws AppError SANDBOX_FAILED where a join repeated rows, which the compiler ruled out */
function packedSet({ rows: bitmap, count, sums }: Set_) {
  const rows = rowSetOf(Buffer.from(bitmap, 'base64'));
  if (rows.size !== count) throw new AppError('SANDBOX_FAILED');
  return {
    rows: packRows(rows),
    size: count,
    sums: sums.map(({ sum, ...one }) => {
      assert(sum !== null, 'what is opened was summed');
      return { ...one, sum };
    }),
  };
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

/** Signed by the custodian that the operator pinned: this very request, and what it sealed for it. */
async function isEnvelopeOf(answer: OpeningAnswer, request: string, { thumbprint }: CustodianPlace): Promise<boolean> {
  const verified = await verifySigned(answer.envelope, ENVELOPE_TYPE, (one) => one === thumbprint);
  if (verified === null) return false;
  const said = envelope.safeParse(JSON.parse(Buffer.from(verified.payload).toString('utf8'))).data;
  return said?.request === request && said.sealed === sha256Hex(answer.sealed);
}

/** Signed by the custodian that the operator pinned, about this very request, and of its shape. */
async function checkedStatement(
  jws: string,
  requestSha256: string,
  request: OpeningRequest,
  { thumbprint }: CustodianPlace,
): Promise<OpenedStatement> {
  const verified = await verifySigned(jws, STATEMENT_TYPE, (one) => one === thumbprint);
  if (verified === null) throw new AppError('CUSTODIAN_AWAY');
  const parsed = openedStatement.safeParse(JSON.parse(Buffer.from(verified.payload).toString('utf8')));
  if (!parsed.success) throw new AppError('CUSTODIAN_AWAY');
  const { request: digest, cells, statistics } = parsed.data;
  const isOfRequest =
    digest === requestSha256 &&
    cells.length === request.groups.length &&
    cells.every((row) => row.length === request.statistics.length) &&
    request.statistics.every(({ functional }, at) => statistics[at]?.functional === functionalText(functional));
  if (!isOfRequest) throw new AppError('CUSTODIAN_AWAY');
  return parsed.data;
}
