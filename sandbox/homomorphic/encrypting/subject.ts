import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { calculateJwkThumbprint } from 'jose';
import { BLOCKS_FORMAT, thumbprintOf } from '../block-manifest.ts';
import type { Encrypting } from './encrypt-table.ts';

/** What an encryption is of, and for whom: only the same goes on after a stop. */
export async function subjectOf({ source, dataset, schema, custodian, signer }: Encrypting): Promise<string> {
  const { mtimeMs } = statSync(source.path);
  const keys = [await calculateJwkThumbprint(custodian), await thumbprintOf(signer.publicKey)];
  const subject = [
    BLOCKS_FORMAT,
    dataset,
    schema,
    keys,
    source.bytes,
    mtimeMs,
    source.format,
    source.encoding,
    source.pieceBytes ?? null,
  ];
  return createHash('sha256').update(JSON.stringify(subject)).digest('hex');
}
