import {
  type CipherScheme,
  type ColumnSchema,
  encryptedColumns,
  encryptedRange,
  isEncrypted,
  sizeMax,
  type TableSchema,
} from '#policies';
import { need } from './declaration-problem.ts';

const KEY_ID = /^[A-Za-z0-9_.-]{1,128}$/;
/** SHA-256 in base64url (RFC 7638). */
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

/**
 * Bits of the largest scaled value. WHY less than the ring has: what is left is how many rows times weights a sum may have,
 * and a declaration that leaves too few could be uploaded but never asked.
 */
const VALUE_BITS_MAX: Readonly<Record<CipherScheme, number>> = { 'ashe-v1': 44, 'bgv-v1': 34 };

/**
 * Level `important` is encrypted, nothing else is; and an encrypted column is a mandatory measure with bounds.
 * @throws AppError `RESOURCE_INVALID`
 */
export function checkEncryption(column: ColumnSchema, path: string): void {
  const { encryption, level, role, nullable } = column;
  if (level !== 'important') {
    need(encryption === undefined, `${path}.encryption`, 'only a column of level important is encrypted');
    return;
  }
  need(encryption !== undefined, `${path}.encryption`, 'a column of level important is encrypted');
  need(role === 'measure', `${path}.role`, 'an encrypted column is a measure: it can only be summed');
  need(isEncrypted(column), `${path}.bounds`, 'an encrypted column has bounds');
  need(nullable === false, `${path}.nullable`, 'an encrypted column is never empty: whether it is would be readable');
  need(column.values === undefined, `${path}.values`, 'an encrypted column has no public list');
  need(KEY_ID.test(column.encryption.key), `${path}.encryption.key`, 'a key id has 1 to 128 of A–Z, a–z, 0–9, . _ -');
  need(THUMBPRINT.test(column.encryption.signer), `${path}.encryption.signer`, 'a signer is an RFC 7638 thumbprint');
  const bits = VALUE_BITS_MAX[column.encryption.scheme];
  const fits = sizeMax(encryptedRange(column)) < 2n ** BigInt(bits);
  need(fits, `${path}.bounds`, `bounds times 10^scale are within 2^${bits}`);
  const { min, max } = encryptedRange(column);
  need(min <= max, `${path}.bounds`, 'bounds are finite, min ≤ max');
}

/** One key signs an upload, so it signs all encrypted columns of it; and they lie in the layout of one cipher. */
export function checkOneEncryption(schema: TableSchema): void {
  const encryptions = encryptedColumns(schema).map(({ encryption }) => encryption);
  const [first] = encryptions;
  const isShared = (of: 'signer' | 'scheme') => encryptions.every((one) => one[of] === first?.[of]);
  need(isShared('signer'), 'schema.columns', 'all encrypted columns of a table have one signer');
  need(isShared('scheme'), 'schema.columns', 'all encrypted columns of a table have one scheme');
}
