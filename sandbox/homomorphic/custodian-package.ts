import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { CompactEncrypt, compactDecrypt, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import { type ColumnSchema, type EncryptedColumn, isEncrypted } from '#policies/stored-tables';
import {
  BLOCKS_FORMAT,
  type BlockManifest,
  FORMER_BLOCKS_FORMAT,
  readManifest,
  type Signer,
  signJson,
  verifiedJson,
} from './block-manifest.ts';

/**
 * What a provider gives the custodian of one encryption of its table, and nobody else can read: the data key, what the encrypted
 * columns are, and which unit each row belongs to, as numbers that mean nothing elsewhere.
 *
 * A file: a magic line; a line with a compact JWE for the custodian's key (ECDH-ES, X25519) of a compact JWS by the provider of the
 * statement; then sealed chunks of unit numbers, in the order in which the statement counts them; then, of `bgv-v1`, the ciphertext blocks
 * that the gateway has too, in the order in which they are signed (held-blocks.ts): what is opened is summed from these.
 */
const MAGIC = 'sluice-custodian-package-1\n';
/** Rows of a chunk at most; its values take four bytes each before they are compressed. */
export const CHUNK_ROWS_MAX = 2 ** 21;
/** The unit of a row that has none. */
export const NO_UNIT = 0xffff_ffff;

export const custodianStatement = z.strictObject({
  format: z.literal('sluice-custodian-1'),
  /** Compact JWS of the same signer (block-manifest.ts). */
  manifest: z.string(),
  /** Declarations of the encrypted columns, and of the columns that name units. */
  columns: z.array(z.custom<ColumnSchema>((value) => typeof value === 'object' && value !== null && 'name' in value)),
  units: z.array(z.strictObject({ column: z.string(), distinct: z.int().min(0) })),
  /** Base64url, 32 bytes each: of the columns of `ashe-v1`, null of others; and of the chunks that follow. */
  dataKey: z.string().length(43).nullable(),
  chunkKey: z.string().length(43),
  chunks: z.int().min(0),
});
export type CustodianStatement = z.output<typeof custodianStatement>;

export interface CustodianPackage {
  readonly manifest: BlockManifest;
  readonly columns: readonly EncryptedColumn[];
  readonly units: readonly PackagedUnits[];
  readonly dataKey: Uint8Array | null;
  /** Where in the file the blocks begin; nothing has looked at them yet. */
  readonly blocksAt: number;
}

export interface PackagedUnits {
  readonly column: ColumnSchema;
  /** How many units there are: numbers are below it. */
  readonly distinct: number;
  /** Per row index; `NO_UNIT` where a row has none. */
  readonly numbers: Uint32Array;
}

/** The head of a package, to be followed by its chunks. */
export async function packageHead(statement: CustodianStatement, signer: Signer, custodian: JWK): Promise<Buffer> {
  const signed = await signJson(statement, signer);
  const jwe = await new CompactEncrypt(Buffer.from(signed))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', cty: 'JWT' })
    .encrypt(await importJWK(custodian, 'ECDH-ES'));
  return Buffer.from(`${MAGIC}${jwe}\n`, 'latin1');
}

/** One chunk: of the unit column at `column`, the rows from `firstRow` on. `chunk` counts up from 0 over all chunks of a package. */
export function sealChunk(
  chunkKey: Uint8Array,
  { chunk, column, firstRow, numbers }: UnitChunk & { readonly chunk: number },
): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(column, 0);
  head.writeUInt32LE(firstRow, 4);
  const values = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const cipher = createCipheriv('aes-256-gcm', chunkKey, nonceOf(chunk));
  const body = Buffer.concat([
    cipher.update(head),
    cipher.update(deflateRawSync(values, { level: 1 })),
    cipher.final(),
  ]);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(body.length + TAG_BYTES);
  return Buffer.concat([length, body, cipher.getAuthTag()]);
}

export interface UnitChunk {
  /** Position among the statement's units. */
  readonly column: number;
  readonly firstRow: number;
  readonly numbers: Uint32Array;
}

const LENGTH_BYTES = 4;
const HEAD_BYTES = 8;
const TAG_BYTES = 16;

/** WHY a counter: the key is of one package, and chunks count up. */
function nonceOf(chunk: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(chunk, 8);
  return nonce;
}

/**
 * A package for this custodian by this signer; null when it is not one, or not whole.
 * @param signer RFC 7638 thumbprint of the provider's key that the custodian has pinned
 */
export async function openCustodianPackage(
  bytes: Uint8Array,
  custodian: KeyObject,
  signer: string,
): Promise<CustodianPackage | null> {
  try {
    const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = file.indexOf('\n', MAGIC.length);
    if (file.toString('latin1', 0, MAGIC.length) !== MAGIC || end < 0) return null;
    const sealed = file.toString('latin1', MAGIC.length, end);
    const { plaintext } = await compactDecrypt(sealed, custodian, {
      keyManagementAlgorithms: ['ECDH-ES'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    const statement = custodianStatement.parse(await verifiedJson(Buffer.from(plaintext).toString('latin1'), signer));
    const manifest = await readManifest(statement.manifest, signer);
    return manifest === null ? null : readPackage(statement, manifest, file, end + 1);
  } catch {
    return null; // whatever is wrong with it: it is not a package that can be relied on
  }
}

function readPackage(
  statement: CustodianStatement,
  manifest: BlockManifest,
  file: Buffer,
  start: number,
): CustodianPackage | null {
  const units = statement.units.map(({ column, distinct }) => {
    const declared = statement.columns.find(({ name }) => name === column);
    return declared === undefined ? null : { column: declared, distinct, numbers: new Uint32Array(manifest.rows) };
  });
  if (!units.every((one) => one !== null)) return null;
  const filled = units.map(() => 0);
  let blocksAt = start;
  for (const { column, firstRow, numbers, end } of unitChunks(file, start, statement)) {
    blocksAt = end;
    const target = units[column];
    if (target === undefined || firstRow !== filled[column]) return null;
    target.numbers.set(numbers, firstRow);
    filled[column] += numbers.length;
  }
  const isWhole = filled.every((rows) => rows === manifest.rows);
  const isNumbered = units.every(({ distinct, numbers }) => numbers.every((one) => one < distinct || one === NO_UNIT));
  const columns = statement.columns.filter(isEncrypted);
  const isOfOne = columns.every(({ encryption }) => BLOCKS_FORMAT[encryption.scheme] === currentFormat(manifest));
  // What follows the chunks is ciphertext, or nothing.
  const isAshe = columns[0]?.encryption.scheme !== 'bgv-v1';
  const isComplete = !isAshe || (statement.dataKey !== null && blocksAt === file.length);
  if (!isWhole || !isNumbered || !isOfOne || !isComplete) return null;
  const dataKey = statement.dataKey === null ? null : Buffer.from(statement.dataKey, 'base64url');
  return { manifest, columns, units, dataKey, blocksAt };
}

/** The layout that the manifest's format says, by the name that it has now. */
function currentFormat({ format }: BlockManifest): BlockManifest['format'] {
  return format === FORMER_BLOCKS_FORMAT ? BLOCKS_FORMAT['ashe-v1'] : format;
}

/** @throws Error where a chunk is changed or missing */
function* unitChunks(
  file: Buffer,
  start: number,
  statement: CustodianStatement,
): Generator<UnitChunk & { readonly end: number }> {
  const key = Buffer.from(statement.chunkKey, 'base64url');
  let at = start;
  for (let chunk = 0; chunk < statement.chunks; chunk += 1) {
    const end = at + LENGTH_BYTES + file.readUInt32LE(at);
    yield { ...openChunk(key, chunk, file.subarray(at + LENGTH_BYTES, end)), end };
    at = end;
  }
}

function openChunk(key: Uint8Array, chunk: number, sealed: Buffer): UnitChunk {
  const opener = createDecipheriv('aes-256-gcm', key, nonceOf(chunk), { authTagLength: TAG_BYTES });
  opener.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const body = Buffer.concat([opener.update(sealed.subarray(0, sealed.length - TAG_BYTES)), opener.final()]);
  const values = inflateRawSync(body.subarray(HEAD_BYTES), { maxOutputLength: 4 * CHUNK_ROWS_MAX });
  const numbers = new Uint32Array(new Uint8Array(values).buffer);
  return { column: body.readUInt32LE(0), firstRow: body.readUInt32LE(4), numbers };
}
