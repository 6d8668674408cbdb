import { createHash } from 'node:crypto';

/**
 * What the declaration of a `bgv-v1` column names as its key: of both public keys of a custodian, that which packages are sealed for and
 * that which values are encrypted with. Who has confirmed it has confirmed both.
 * @param wrapping RFC 7638 thumbprint of the X25519 key
 */
export function bgvKeyId(wrapping: string, publicKey: Uint8Array): string {
  const key = createHash('sha256').update(publicKey).digest('hex');
  return createHash('sha256')
    .update(JSON.stringify(['sluice bgv-v1', wrapping, key]))
    .digest('base64url');
}
