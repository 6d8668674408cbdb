import { canonicalJson, type Grant, type SigningRole } from '#catalog';

/** The media type in the header of a signature: one over another kind of statement, by the same key, is none of a grant. */
export const GRANT_SIGNATURE_TYPE = 'sluice-grant+jws';

/**
 * What bureau and provider sign: this grant, by the hash of all that it says, in this home, in this office. WHY the home and the
 * office: a signature made for another gateway, or as the other party, must not count here.
 *
 * @param home the verifier key of the home's log.
 */
export function grantStatement(
  grant: Pick<Grant, 'id' | 'hash'>,
  signer: { readonly org: string; readonly role: SigningRole },
  home: string,
): Buffer {
  const { id, hash } = grant;
  const { org, role } = signer;
  return Buffer.from(canonicalJson({ v: 1, home, grant: id, hash, org, role }));
}
