import { checkReceipt, parseVkey } from '../audit/index.ts';
import { cellsDigest, openedStatement, STATEMENT_TYPE } from './opening-request.ts';
import { verifySigned } from './signing-key.ts';

/** What the custodian put its name to, for whoever wants to check it. */
export interface CustodyProof {
  /** Compact JWS of the numbers that it opened, with their noise. */
  readonly statement: string;
  /** Its own log's entry of them, as canonical JSON: the digest of the numbers, never a number. */
  readonly entry: string;
  /** `.tlog-proof` that the entry is in the log. */
  readonly receipt: string;
}

/** Whether a custodian, known by its keys, signed the numbers, and its log tells of these very numbers. */
export async function isCustodyProof(
  { statement, entry, receipt }: CustodyProof,
  { signer, log }: { readonly signer: string; readonly log: string },
): Promise<boolean> {
  const signed = await verifySigned(statement, STATEMENT_TYPE, (one) => one === signer);
  const verifier = parseVkey(log);
  if (signed === null || verifier === null) return false;
  const said = openedStatement.safeParse(JSON.parse(Buffer.from(signed.payload).toString('utf8')));
  const inLog = checkReceipt(receipt, Buffer.from(entry), verifier);
  if (!said.success || inLog === null || inLog.index !== said.data.entry) return false;
  const { resultSha256 } = JSON.parse(entry) as { readonly resultSha256?: unknown };
  return resultSha256 === cellsDigest(said.data);
}
