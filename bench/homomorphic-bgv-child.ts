import { BLOCK_ROWS } from '../sandbox/homomorphic/bgv/bgv-parameters.ts';
import { blockSha256 } from '../sandbox/homomorphic/bgv/block-check.ts';
import { type LoadedBlocks, openSealBgv } from '../sandbox/homomorphic/bgv/seal-bgv.ts';
import { type RowSet, rowIndices, rowSetFrom } from '../sandbox/homomorphic/row-set.ts';
import { seededWords } from './seeded-words.ts';

/** Half of a table in a process of its own: does each step when it is told, and says when it is done. */
export type BgvStep =
  | 'encrypt'
  | 'encrypt-public'
  | 'load'
  | 'read'
  | 'sum'
  | 'sum-of-one-block'
  | 'groups'
  | 'groups-of-two'
  | 'check';

const [seed = '0', rowsText = '0', groupsText = '0'] = process.argv.slice(2);
const rows = Number(rowsText);
const next = seededWords(BigInt(seed));
const values = BigInt64Array.from({ length: rows }, () => next() >> 44n);
const blocks = Array.from({ length: Math.ceil(rows / BLOCK_ROWS) }, (_, at) =>
  values.slice(at * BLOCK_ROWS, (at + 1) * BLOCK_ROWS),
);
const groupOf = Uint8Array.from({ length: rows }, () => Number(next() % BigInt(groupsText)));
const groups = Array.from({ length: Number(groupsText) }, (_, group) =>
  rowSetFrom(
    [...values.keys()].filter((row) => groupOf[row] === group),
    rows,
  ),
);
const all = rowSetFrom(values.keys(), rows);
const firstBlock = rowSetFrom([...values.keys()].slice(0, BLOCK_ROWS), rows);

/** As many bytes as the loaded ciphertext of these rows has. */
const ciphertext = Buffer.alloc(blocks.length * 4 * BLOCK_ROWS * 8, 2);

const seal = await openSealBgv();
const keys = seal.keysOf(new Uint8Array(32).fill(1));
let stored: readonly Uint8Array[] = [];
let loaded: LoadedBlocks | null = null;
let result = '';

const steps: Readonly<Record<BgvStep, () => void>> = {
  encrypt: () => {
    stored = seal.encrypt(keys, blocks);
  },
  'encrypt-public': () => void seal.encrypt({ ...keys, secretKey: null }, blocks),
  load: () => {
    loaded?.delete();
    loaded = seal.load(stored.map((bytes) => ({ bytes, sha256: blockSha256(bytes) })));
  },
  // What a sum has to read, and no more: the memory's limit.
  read: () => void ciphertext.indexOf(1), // none is: it reads them all
  sum: () => void sumOf([loaded!], [all]),
  'sum-of-one-block': () => void sumOf([loaded!], [firstBlock]),
  groups: () => void sumOf([loaded!], groups),
  'groups-of-two': () => void sumOf([loaded!, loaded!], groups),
  check: () => {
    const sets = [all, ...groups];
    const opened = seal.open(keys.secretKey, sumOf([loaded!], sets).flat());
    if (!opened.every((sum, at) => sum === plainSum(sets[at]!)))
      throw new Error('an opened sum is another than the plain one');
    result = opened.join();
  },
};
const sumOf = (columns: readonly LoadedBlocks[], sets: readonly RowSet[]) => {
  const sums = seal.sums(sets, columns.length, 'secret');
  sums.add(0, columns);
  return sums.end(true).map((parts) => parts.map(({ blinded }) => blinded));
};
const plainSum = (set: RowSet): bigint => [...rowIndices(set)].reduce((sum, row) => sum + values[row]!, 0n);

process.on('message', (step: BgvStep) => {
  const before = process.cpuUsage();
  steps[step]();
  const { user, system } = process.cpuUsage(before);
  process.send?.({
    cpuMs: (user + system) / 1_000,
    result,
    bytesPerValue: stored.reduce((sum, { length }) => sum + length, 0) / rows,
  });
});
process.send?.('ready');
