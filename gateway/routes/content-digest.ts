import { requestInvalid } from './request-invalid.ts';

const SHA256_BYTES = 32;

/**
 * The `sha-256` member of a Content-Digest header (RFC 9530, a structured dictionary of byte sequences) as hex; null where
 * the header is absent or names other algorithms only. Errors: REQUEST_INVALID for a member that is no such digest.
 */
export function declaredSha256Of(header: string | undefined): string | null {
  const member = (header ?? '').split(',').find((part) => /^\s*sha-256\s*=/i.test(part));
  if (member === undefined) return null;
  const encoded = /=\s*:([A-Za-z0-9+/]*={0,2}):\s*$/.exec(member)?.[1];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  if (encoded !== undefined && bytes.length === SHA256_BYTES) return bytes.toString('hex');
  throw requestInvalid([
    { en: 'headers.Content-Digest: must be sha-256=:<base64>:', zh: 'headers.Content-Digest：应为 sha-256=:<base64>:' },
  ]);
}
