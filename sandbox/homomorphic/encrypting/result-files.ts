import { createReadStream, createWriteStream, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isEncrypted, wordColumns } from '#policies/stored-tables';
import { BLOCKS_FORMAT, signManifest } from '../block-manifest.ts';
import { packageHead } from '../custodian-package.ts';
import type { Encrypting } from './encrypt-table.ts';
import { CHUNKS_PART, UPLOAD_PART, type Workshop } from './workshop.ts';

export const manifestPath = (target: string): string => `${target}.manifest`;
export const packagePath = (target: string): string => `${target}.custodian`;

/** Signs, seals, and puts upload, manifest and package in their places; the upload last. */
export async function writeResults(
  { journal, digests, dictionary }: Workshop,
  { dataset, schema, custodian, signer, target }: Encrypting,
  dir: string,
): Promise<void> {
  const { version, rows, dataKey, chunkKey, chunks } = journal();
  const manifest = await signManifest(
    {
      format: BLOCKS_FORMAT,
      dataset,
      version,
      rows,
      words: [...wordColumns(schema)],
      blocksSha256: digests.root(),
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
      dataKey: base64url(dataKey),
      chunkKey: base64url(chunkKey),
      chunks,
    },
    signer,
    custodian,
  );
  writeFileSync(packagePath(target), head, { mode: 0o600 });
  await pipeline(createReadStream(join(dir, CHUNKS_PART)), createWriteStream(packagePath(target), { flags: 'a' }));
  writeFileSync(manifestPath(target), `${manifest}\n`, { mode: 0o600 });
  renameSync(join(dir, UPLOAD_PART), target);
}

function base64url(base64: string): string {
  return Buffer.from(base64, 'base64').toString('base64url');
}
