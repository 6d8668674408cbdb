import { createPrivateKey, createPublicKey } from 'node:crypto';
import { statSync } from 'node:fs';
import type { JWK } from 'jose';
import type { ColumnSchema, TableSchema } from '../../../policies/table-schema.ts';
import { type Signer, thumbprintOf } from '../../../sandbox/homomorphic/block-manifest.ts';
import type { Encrypting } from '../../../sandbox/homomorphic/encrypting/encrypt-table.ts';
import { column } from '../ingest-fixture.ts';

/** Keys of the tests: fixed, so that a child process has the same. */
const pkcs8 = (prefix: string, byte: number) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from(prefix, 'hex'), Buffer.alloc(32, byte)]),
    format: 'der',
    type: 'pkcs8',
  });
const signing = pkcs8('302e020100300506032b657004220420', 1);
export const SIGNER: Signer = { privateKey: signing, publicKey: createPublicKey(signing) };
export const CUSTODIAN = pkcs8('302e020100300506032b656e04220420', 2);
export const CUSTODIAN_JWK = createPublicKey(CUSTODIAN).export({ format: 'jwk' }) as JWK;

/** `elec`: who, a text that tests quoting, a date, and two encrypted columns, one with squares. */
export async function secretSchema(): Promise<TableSchema> {
  const encryption = {
    scheme: 'ashe-v1',
    key: await custodianId(),
    signer: await thumbprintOf(SIGNER.publicKey),
  } as const;
  const secret = { level: 'important', role: 'measure', nullable: false } as const;
  const columns: readonly ColumnSchema[] = [
    column('who', 'text', { role: 'identifier', unit: 'person', level: 'general-3' }),
    column('note', 'text'),
    column('paid', 'decimal', {
      ...secret,
      bounds: { min: -1e6, max: 1e6 },
      encryption: { ...encryption, squares: true },
    }),
    column('day', 'date'),
    column('days', 'integer', { ...secret, bounds: { min: 0, max: 1e9 }, encryption }),
  ];
  return { table: 'elec', level: 'general-3', columns };
}

async function custodianId(): Promise<string> {
  return await thumbprintOf(createPublicKey(CUSTODIAN));
}

export interface SecretRow {
  readonly who: string | null;
  readonly note: string | null;
  /** In hundredths. */
  readonly paid: bigint;
  readonly days: bigint;
}

/** Units come again, in other spellings of the same identifier; texts have quotes, commas and line ends. */
export function secretRows(next: () => bigint, count: number): readonly SecretRow[] {
  const notes = [null, 'a,b', 'say "x"', 'two\nlines', '数据', ' outer ', "o'"];
  return Array.from({ length: count }, () => {
    const who = next() % 20n === 0n ? null : `${next() % 2n === 0n ? 'P' : 'p'}${next() % 500n}`;
    return {
      who,
      note: notes[Number(next() % 7n)]!,
      paid: (next() % 200_000_001n) - 100_000_000n,
      days: next() % 1_000_000_001n,
    };
  });
}

export function csvOfRows(rows: readonly SecretRow[]): string {
  const quote = (text: string | null) => (text === null ? '' : `"${text.replaceAll('"', '""')}"`);
  const lines = rows.map(
    ({ who, note, paid, days }) => `${days},${quote(note)},${who ?? ''},2024-02-29,${hundredths(paid)}`,
  );
  return `days,note,who,day,paid\n${lines.join('\n')}\n`;
}

export function hundredths(value: bigint): string {
  const size = value < 0n ? -value : value;
  return `${value < 0n ? '-' : ''}${size / 100n}.${String(size % 100n).padStart(2, '0')}`;
}

export async function encryptingOf(path: string, target: string, pieceBytes = 1 << 20): Promise<Encrypting> {
  return {
    source: { path, bytes: statSync(path).size, format: 'csv', encoding: 'auto', pieceBytes },
    dataset: 'elec',
    schema: await secretSchema(),
    custodian: CUSTODIAN_JWK,
    bgv: null,
    signer: SIGNER,
    target,
    rejectShareMax: 0.5,
  };
}
