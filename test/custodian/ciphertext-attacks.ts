import { deflateRawSync } from 'node:zlib';
import { type Attack, answered, from, type Outcome, others, single, statistic, sumOf } from './attack.ts';
import { BIG, type Ground, ROWS, setOf } from './ground.ts';

/** Ciphertext that is not what it is said to be. */
type Lie = (ground: Ground, rows: readonly number[]) => string;
/** One encrypted sum replaced. */
async function lied(ground: Ground, lie: Lie, rows: readonly number[] = others(50)): Promise<Outcome> {
  const set = setOf(ground, rows);
  const sums = set.sums.map((one) =>
    one.column === 'paid' && one.of === 'value' ? { ...one, sum: lie(ground, rows) } : one,
  );
  return answered(ground.ask(ground.request([rows], { groups: [[{ ...set, sums }]] })));
}
const honestly: Attack['control'] = {
  run: (ground) => lied(ground, (one, rows) => one.cipherSum('paid', 'value', rows)),
};

export const CIPHERTEXT_ATTACKS: readonly Attack[] = [
  {
    group: 'ciphertext',
    name: 'the sum of other rows than declared: one person under the cover of fifty',
    refusal: 'ciphertext',
    run: (ground) => lied(ground, (one) => one.cipherSum('paid', 'value', [BIG])),
    control: honestly,
  },
  {
    group: 'ciphertext',
    name: 'a sum cut short',
    refusal: 'ciphertext',
    run: (ground) => lied(ground, (one, rows) => one.cipherSum('paid', 'value', rows.slice(0, 49))),
    control: honestly,
  },
  {
    group: 'ciphertext',
    name: 'a row twice',
    refusal: 'ciphertext',
    run: (ground) => lied(ground, (one, rows) => one.cipherSum('paid', 'value', [...rows, BIG])),
    control: honestly,
  },
  {
    group: 'ciphertext',
    name: 'the sum of another column',
    refusal: 'ciphertext',
    run: (ground) => lied(ground, (one, rows) => one.cipherSum('bonus', 'value', rows)),
    control: honestly,
  },
  {
    group: 'ciphertext',
    name: 'the square of a value for the value',
    refusal: 'ciphertext',
    run: (ground) => lied(ground, (one, rows) => one.cipherSum('paid', 'square', rows)),
    control: honestly,
  },
  {
    group: 'ciphertext',
    name: 'no ciphertext at all',
    refusal: 'ciphertext',
    run: (ground) => lied(ground, () => '0'),
    control: honestly,
  },
  {
    group: 'ciphertext',
    name: 'fewer rows than the set has',
    refusal: 'rows',
    run: async (ground) =>
      answered(ground.ask(ground.request([[]], { groups: [[{ ...setOf(ground, others(50)), size: 51 }]] }))),
    control: { run: (ground) => single(ground, others(50)) },
  },
  {
    group: 'ciphertext',
    name: 'rows beyond the table',
    refusal: 'rows',
    run: async (ground) => {
      const bytes = Buffer.alloc(35, 0xff);
      const set = { ...setOf(ground, others(50)), rows: deflateRawSync(bytes).toString('base64'), size: 280 };
      return answered(ground.ask(ground.request([[]], { groups: [[set]] })));
    },
    control: { run: (ground) => single(ground, from(0, ROWS)) },
  },
  {
    group: 'ciphertext',
    name: 'a bitmap that unpacks to 64 MiB',
    refusal: 'rows',
    run: async (ground) => {
      const rows = deflateRawSync(Buffer.alloc(64 * 2 ** 20)).toString('base64');
      return answered(ground.ask(ground.request([[]], { groups: [[{ ...setOf(ground, others(50)), rows }]] })));
    },
    control: { run: (ground) => single(ground, others(50)) },
  },
  {
    group: 'ciphertext',
    name: 'a sum found by halving: shifted until it no longer passes for one',
    refusal: 'closed',
    run: halving,
    control: { ground: { policy: { failuresMax: 1_000 } } },
  },
];

/** Each probe is about a weight of its own, so that nothing is repeated; whether it passes tells whether the sum lies above a shift. */
async function halving(ground: Ground): Promise<Outcome> {
  const rows = others(50);
  const range = BigInt(rows.length * 1000);
  let [low, high] = [0n, range];
  for (let k = 1; low < high; k += 1) {
    const middle = (low + high + 1n) / 2n;
    const set = setOf(ground, rows);
    const shift = range + 16n * 1024n * 1n - middle + 1n;
    const sums = set.sums.map((one) =>
      one.column === 'paid' && one.of === 'value' ? { ...one, sum: String(BigInt(one.sum) + shift) } : one,
    );
    const functional = { constant: String(k), weights: [{ column: 'paid', of: 'value' as const, weight: '1' }] };
    const statistics = [statistic(functional)];
    const { why } = await ground.ask(ground.request([rows], { statistics, groups: [[{ ...set, sums }]] }));
    if (why === 'closed') return { why, got: false };
    if (why === 'ciphertext') low = middle;
    else high = middle - 1n;
  }
  return { why: null, got: low === sumOf(ground, rows) };
}
