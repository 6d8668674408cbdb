import { createReadStream, createWriteStream, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { encryptedColumns, isEncrypted, wordColumns } from '#policies/stored-tables';
import { BLOCKS_FORMAT, signManifest } from '../block-manifest.ts';
import { packageHead } from '../custodian-package.ts';
import type { Encrypting } from './encrypt-table.ts';
import { BLOCKS_PART, CHUNKS_PART, UPLOAD_PART, type Workshop } from './workshop.ts';

export const manifestPath = (target: string): string => `${target}.manifest`;
export const packagePath = (target: string): string => `${target}.custodian`;

/** Signs, seals, and puts upload, manifest and package in their places; the upload last. */
export async function writeResults(
  { journal, cipher, dictionary }: Workshop,
  { dataset, schema, custodian, signer, target }: Encrypting,
  dir: string,
): Promise<void> {
  const { version, rows, dataKey, chunkKey, chunks } = journal();
  const { scheme } = encryptedColumns(schema)[0]!.encryption;
  const manifest = await signManifest(
    {
      format: BLOCKS_FORMAT[scheme],
      dataset,
      version,
      rows,
      words: [...wordColumns(schema)],
      blocksSha256: cipher.root(),
    },
    signer,
  );
  const distinct = await dictionary.distinct();
  const head = await packageHead(
    {
      format: 'sluice-custodian-1',
      manifest,
      columns: schema.columns.filter((column) => isEncrypted(column) || column.unit !== undefined),
      units: dictionary.columns.map(({ name }, at) => ({ column: name, distinct: distinct[at]! })),
      dataKey: scheme === 'ashe-v1' ? base64url(dataKey) : null,
      chunkKey: base64url(chunkKey),
      chunks,
    },
    signer,
    custodian,
  );
  writeFileSync(packagePath(target), head, { mode: 0o600 });
  for (const part of [CHUNKS_PART, BLOCKS_PART])
    await pipeline(createReadStream(join(dir, part)), createWriteStream(packagePath(target), { flags: 'a' }));
  writeFileSync(manifestPath(target), `${manifest}\n`, { mode: 0o600 });
  renameSync(join(dir, UPLOAD_PART), target);
}

function base64url(base64: string): string {
  return Buffer.from(base64, 'base64').toString('base64url');
}
