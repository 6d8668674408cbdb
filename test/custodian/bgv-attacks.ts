import { sumDigest } from '#sandbox';
import { blockSha256 } from '../../sandbox/homomorphic/bgv/block-check.ts';
import { type Attack, answered, from, type Outcome, others, single } from './attack.ts';
import { BIG, type Ground, ROWS, setOf } from './ground.ts';

/** Under `bgv-v1` a gateway says the digest of a sum over blocks, and the custodian has blocks of its own. */
const ground = { scheme: 'bgv-v1' } as const;
const FRESH = 'fedcba9876543210'.repeat(2);

type Lie = (ground: Ground, rows: readonly number[]) => string;
async function lied(of: Ground, lie: Lie, rows: readonly number[] = others(50)): Promise<Outcome> {
  const set = setOf(of, rows);
  const sums = set.sums.map((one) =>
    one.column === 'paid' && one.of === 'value' ? { ...one, sum: lie(of, rows) } : one,
  );
  return answered(of.ask(of.request([rows], { groups: [[{ ...set, sums }]] })));
}
/** Of a ciphertext that is not what the rows come to. */
const digestOf = (bytes: Uint8Array): string => sumDigest([{ digest: blockSha256(bytes) }]);
const honestly: Attack['control'] = {
  ground,
  run: (of) => lied(of, (one, rows) => one.cipherSum('paid', 'value', rows)),
};
const FALSE_SUMS: readonly (readonly [string, Lie])[] = [
  ['the sum of other rows: one person under the cover of fifty', (one) => one.cipherSum('paid', 'value', [BIG])],
  ['a sum with one row in the place of another', (one) => one.cipherSum('paid', 'value', [...others(49), ROWS - 1])],
  ['the sum of another column', (one, rows) => one.cipherSum('bonus', 'value', rows)],
  ['the squares for the values', (one, rows) => one.cipherSum('paid', 'square', rows)],
  ['a ciphertext of the table itself', (one) => digestOf(one.blocks[0]!)],
  ['a ciphertext cut short', (one) => digestOf(one.blocks[0]!.subarray(0, -1))],
  ['a ciphertext with bytes after its end', (one) => digestOf(Buffer.concat([one.blocks[0]!, Buffer.of(0)]))],
  ['a ciphertext of other parameters', (one) => digestOf(one.blocks[0]!.with(20, one.blocks[0]![20]! ^ 1))],
];

/** A package whose blocks are not those of its manifest. */
async function packed(of: Ground, change: (blocks: readonly Uint8Array[]) => readonly Uint8Array[]): Promise<Outcome> {
  return answered(of.send(await of.packageFor({ version: FRESH, sentBlocks: change(of.blocks) })));
}
const FALSE_BLOCKS: readonly (readonly [string, (blocks: readonly Uint8Array[]) => readonly Uint8Array[]])[] = [
  ['a bit changed', ([first, ...rest]) => [first!.with(5_000, first![5_000]! ^ 1), ...rest]],
  ['cut short', (blocks) => blocks.map((one, at) => (at === blocks.length - 1 ? one.subarray(0, -1) : one))],
  ['with bytes after their end', (blocks) => [...blocks, Uint8Array.of(0)]],
  ['one missing', (blocks) => blocks.slice(1)],
  ['in another order', (blocks) => blocks.toReversed()],
];

export const BGV_ATTACKS: readonly Attack[] = [
  ...FALSE_SUMS.map(
    ([name, lie]): Attack => ({
      group: 'ciphertext',
      name: `bgv-v1: ${name}`,
      refusal: 'ciphertext',
      ground,
      run: (of) => lied(of, lie),
      control: honestly,
    }),
  ),
  {
    group: 'ciphertext',
    name: 'bgv-v1: a word of ashe-v1 for the digest of a sum',
    refusal: 'parameters',
    ground,
    run: (of) => lied(of, () => '12345'),
    control: honestly,
  },
  {
    group: 'ciphertext',
    name: 'bgv-v1: columns said to be of ashe-v1',
    refusal: 'parameters',
    ground,
    run: (of) => {
      const columns = of.request([others(50)]).columns.map((one) => ({ ...one, scheme: 'ashe-v1' as const }));
      return single(of, others(50), { columns });
    },
    control: { ground, run: (of) => single(of, others(50)) },
  },
  {
    group: 'ciphertext',
    name: 'bgv-v1: more sets of rows than it computes again',
    refusal: 'groups',
    ground,
    run: async (of) => answered(of.ask(of.request(from(0, 101).map((at) => [at + BIG])))),
    control: { ground, run: (of) => single(of, others(50)) },
  },
  {
    group: 'ciphertext',
    name: 'bgv-v1: guesses, one false sum after the other',
    refusal: 'closed',
    ground,
    run: async (of) => {
      for (let guess = 0; guess < 3; guess += 1) await lied(of, (one) => one.cipherSum('paid', 'value', [BIG + guess]));
      return single(of, others(50));
    },
    control: { ground, run: (of) => single(of, others(50)) },
  },
  ...FALSE_BLOCKS.map(
    ([name, change]): Attack => ({
      group: 'provider',
      name: `bgv-v1: a package with its blocks ${name}`,
      refusal: 'package',
      ground,
      run: (of) => packed(of, change),
      control: { ground, run: (of) => packed(of, (blocks) => blocks) },
    }),
  ),
];
