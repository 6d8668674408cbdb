import { assert, encryptedColumns, wordColumns } from '#policies/stored-tables';
import {
  BLOCKS_FORMAT,
  type BlockManifest,
  FORMER_BLOCKS_FORMAT,
  readManifest,
} from '../homomorphic/block-manifest.ts';
import type { Upload } from './ingest.ts';
import type { CiphertextDigest } from './ingest-protocol.ts';
import type { IngestReport } from './ingest-report.ts';
import { ciphertextError } from './upload-problem.ts';

/** A manifest and its text. */
export interface SignedBlocks {
  readonly jws: string;
  readonly manifest: BlockManifest;
}

/**
 * The provider's signed word about the encrypted columns of an upload, before any of it is read; null where none is encrypted.
 * @throws AppError UPLOAD_CIPHERTEXT
 */
export async function signedBlocks({ resource, schema, manifest: jws }: Upload): Promise<SignedBlocks | null> {
  const [first] = encryptedColumns(schema);
  if (first === undefined) return null;
  if (jws === undefined || jws === null) throw ciphertextError('manifest-missing');
  const manifest = await readManifest(jws, first.encryption.signer);
  if (manifest === null) throw ciphertextError('manifest-signature');
  if (manifest.format === FORMER_BLOCKS_FORMAT) throw ciphertextError('manifest-former');
  const isOfThis = manifest.dataset === resource && manifest.words.join() === wordColumns(schema).join();
  if (!isOfThis || manifest.format !== BLOCKS_FORMAT[first.encryption.scheme]) throw ciphertextError('manifest-other');
  return { jws, manifest };
}

/**
 * What is stored is what was signed, to the last byte.
 * @throws AppError UPLOAD_CIPHERTEXT
 */
export function checkedBlocks(
  { jws, manifest }: SignedBlocks,
  stored: CiphertextDigest | null,
): NonNullable<IngestReport['encrypted']> {
  assert(stored !== null, 'encrypted columns have a digest');
  if (!stored.isCounted) throw ciphertextError('row-index');
  const { rows, version, words, blocksSha256 } = manifest;
  if (stored.rows !== rows || stored.blocksSha256 !== blocksSha256) throw ciphertextError('blocks-differ');
  return { version, manifest: jws, blocksSha256, words, digests: stored.digests };
}
