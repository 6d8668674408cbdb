import { canonicalJson, type Db, signingKeysOf } from '#catalog';
import { AppError } from '#policies';
import { verifySigned } from '../custodian/signing-key.ts';

/** What parties sign. */
export type StatementKind = 'grant' | 'agreement' | 'plan-agreement';

/** The media type in the header: a signature over another kind of statement, by the same key, is none of this. */
export const signatureType = (kind: StatementKind): string => `sluice-${kind}+jws`;

/**
 * What a party signs: this grant, agreement with an operator, or agreement over a plan, by the hash of all that it says, in this home, in this office. WHY the home and the
 * office: a signature made for another gateway, or as another party, must not count here.
 *
 * @param home the verifier key of the home's log.
 */
export function statementOf(
  kind: StatementKind,
  { id, hash }: { readonly id: string; readonly hash: string },
  { org, role }: { readonly org: string; readonly role: string },
  home: string,
): Buffer {
  return Buffer.from(canonicalJson({ v: 1, home, [kind]: id, hash, org, role }));
}

export type ReadSignature = Awaited<ReturnType<typeof verifySigned>>;

/** Checks the signature itself; whose it is and over what is `requireSigned`'s to say, in the transaction that counts it. */
export const readSignature = (jws: string, kind: StatementKind): Promise<ReadSignature> =>
  verifySigned(jws, signatureType(kind), () => true);

/**
 * INVARIANT: the key is the organisation's now, and the statement is of what lies here now.
 *
 * @returns the thumbprint of the key.
 * @throws AppError `SIGNATURE_INVALID`.
 */
export function requireSigned(tx: Db, signed: ReadSignature, expected: Buffer, org: string): string {
  if (signed === null || !signingKeysOf(tx, org).has(signed.signer))
    throw new AppError('SIGNATURE_INVALID', { problem: 'not signed by a key in use' });
  if (!expected.equals(signed.payload)) throw new AppError('SIGNATURE_INVALID', { problem: 'signed, but not this' });
  return signed.signer;
}
