import { cipherColumns, type EncryptedColumn } from '#policies';
import { BLOCK_ROWS } from '../../sandbox/homomorphic/bgv/bgv-parameters.ts';
import { blockSha256 } from '../../sandbox/homomorphic/bgv/block-check.ts';
import { partsOf } from '../../sandbox/homomorphic/bgv/limbs.ts';
import { openSealBgv } from '../../sandbox/homomorphic/bgv/seal-bgv.ts';
import { openAshe, rowSetFrom, sumDigest } from '../../sandbox/homomorphic/index.ts';

/** What a gateway has of the ground's data, and the sums that it makes of it. */
export interface GroundCiphertext {
  readonly blocks: readonly Uint8Array[];
  readonly sum: (column: string, of: 'value' | 'square', rows: readonly number[]) => string;
}
type Secret = Readonly<Record<string, readonly bigint[]>>;

export async function asheGround({
  dataKey,
  version,
  secret,
}: {
  readonly dataKey: Uint8Array;
  readonly version: string;
  readonly secret: Secret;
}): Promise<GroundCiphertext> {
  const words = new Map<string, readonly bigint[]>();
  for (const [column, plain] of Object.entries(secret)) {
    const cipher = (power: 'value' | 'square') =>
      openAshe({ dataKey, column: { dataset: 'wages', version, column, of: power } });
    const stored = BigInt64Array.from(plain);
    words.set(`value ${column}`, [...(await cipher('value').encrypt(0, stored))]);
    const squares = await cipher('square').encrypt(0, stored);
    words.set(
      `square ${column}`,
      plain.map((_, row) => squares[2 * row]! + (squares[2 * row + 1]! << 64n)),
    );
  }
  const sum: GroundCiphertext['sum'] = (column, of, rows) =>
    String(rows.reduce((total, row) => total + words.get(`${of} ${column}`)![row]!, 0n));
  return { blocks: [], sum };
}

let seal: ReturnType<typeof openSealBgv> | null = null;

/** WHY in this process: it is the attacker's, who has SEAL and the public key. One block holds all rows. */
export async function bgvGround(
  columns: readonly EncryptedColumn[],
  secret: Secret,
  publicKey: Uint8Array,
): Promise<GroundCiphertext> {
  seal ??= openSealBgv();
  const bgv = await seal;
  const names = columns.flatMap((column) => [...cipherColumns(column, 'value'), ...cipherColumns(column, 'square')]);
  const parts = columns.flatMap((column) => partsOf(column, BigInt64Array.from(secret[column.name]!)));
  const blocks = bgv.encrypt({ publicKey, secretKey: null }, parts);
  const sum: GroundCiphertext['sum'] = (name, of, rows) => {
    const column = columns.find((one) => one.name === name)!;
    const wanted = cipherColumns(column, of).map((part) => blocks[names.indexOf(part)]!);
    if (rows.length === 0 || wanted.length === 0) return blockSha256(new Uint8Array(0));
    const sums = bgv.sums([rowSetFrom(rows, BLOCK_ROWS)], wanted.length, 'public');
    const loaded = wanted.map((bytes) => bgv.load([{ bytes, sha256: blockSha256(bytes) }]));
    sums.add(0, loaded);
    for (const one of loaded) one.delete();
    return sumDigest(sums.end(false)[0]!);
  };
  return { blocks, sum };
}
