import { type CryptoKey, compactDecrypt } from 'jose';
import { openedStatement, openingAnswer, STATEMENT_TYPE } from '../../gateway/custodian/opening-request.ts';
import { verifySigned } from '../../gateway/custodian/signing-key.ts';

/** The numbers in a custodian's answer, which only the key of the request opens and only the custodian's key has signed. */
export async function decompose(json: unknown, key: CryptoKey, signer: string): Promise<(bigint | null)[][]> {
  const { sealed } = openingAnswer.parse(json);
  const { plaintext } = await compactDecrypt(sealed, key);
  const signed = await verifySigned(Buffer.from(plaintext).toString(), STATEMENT_TYPE, (one) => one === signer);
  const { cells } = openedStatement.parse(JSON.parse(Buffer.from(signed!.payload).toString()));
  return cells.map((row) => row.map((cell) => (cell === null ? null : BigInt(cell))));
}
