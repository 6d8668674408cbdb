import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { calculateJwkThumbprint } from 'jose';
import { thumbprintOf } from '../block-manifest.ts';
import type { Encrypting } from './encrypt-table.ts';

/** What an encryption is of, and for whom: only the same goes on after a stop. */
export async function subjectOf({ source, dataset, schema, custodian, bgv, signer }: Encrypting): Promise<string> {
  const { mtimeMs } = statSync(source.path);
  const keys = [await calculateJwkThumbprint(custodian), await thumbprintOf(signer.publicKey)];
  if (bgv !== null) keys.push(createHash('sha256').update(bgv.publicKey).digest('hex'));
  const subject = [
    'sluice-blocks-2',
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
