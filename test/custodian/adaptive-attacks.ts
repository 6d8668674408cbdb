import type { OpeningRequest } from '../../gateway/custodian/opening-request.ts';
import { type Attack, answered, difference, type Outcome, others, statistic, sumOf, withoutSet } from './attack.ts';
import { BIG, COUNT, type Ground, type GroundOptions, PAID, setOf } from './ground.ts';

/** Questions that are asked by what was answered. */
const OTHER_PLAN = { plan: 'plan-2', planHash: 'd'.repeat(64), organisation: 'friends' };

export const ADAPTIVE_ATTACKS: readonly Attack[] = [
  {
    group: 'adaptive',
    name: 'all, then all but one',
    refusal: 'withheld',
    run: (ground) => difference(ground, [others(50), others(49)]),
    control: { ground: withoutSet('difference') },
  },
  {
    group: 'adaptive',
    name: 'all, then all but nine',
    refusal: 'withheld',
    run: (ground) => difference(ground, [others(50), others(41)]),
    control: { ground: withoutSet('difference') },
  },
  {
    group: 'adaptive',
    name: 'one person replaced by another',
    refusal: 'withheld',
    run: async (ground) => {
      const [a, b] = [others(50), [...others(49), BIG + 60]];
      const [first, next] = [await ground.ask(ground.request([a])), await ground.ask(ground.request([b]))];
      const [x, y] = [first.cells[0]?.[0], next.cells[0]?.[0]];
      const isTold = typeof x === 'bigint' && typeof y === 'bigint';
      return { why: next.why, got: isTold && x - y === sumOf(ground, [BIG + 49]) - sumOf(ground, [BIG + 60]) };
    },
    control: { ground: withoutSet('difference') },
  },
  {
    group: 'adaptive',
    name: 'all but one by another account under another plan',
    refusal: 'withheld',
    run: (ground) => difference(ground, [others(50), others(49)], OTHER_PLAN),
    control: { ground: withoutSet('difference') },
  },
  {
    group: 'adaptive',
    name: 'all but one within one request',
    refusal: 'half withheld',
    run: async (ground) => {
      const statistics = [statistic(PAID as never), statistic(PAID as never, 1)];
      const groups = [[setOf(ground, others(50)), setOf(ground, others(49))]];
      const { why, cells } = await ground.ask(ground.request([[]], { statistics, groups }));
      const [x, y] = cells[0] ?? [];
      const got = typeof x === 'bigint' && typeof y === 'bigint' && x - y === sumOf(ground, [BIG + 49]);
      return { why: why ?? (x === null || y === null ? 'half withheld' : null), got };
    },
    control: { ground: withoutSet('difference') },
  },
  {
    group: 'adaptive',
    name: 'the difference as numbers of rows',
    refusal: 'withheld',
    run: async (ground) => {
      await ground.ask(ground.request([others(50)], { statistics: [statistic(COUNT as never)] }));
      return answered(ground.ask(ground.request([others(49)], { statistics: [statistic(COUNT as never)] })));
    },
    control: { ground: withoutSet('difference') },
  },
  {
    group: 'adaptive',
    name: 'the mean of thirty repeats',
    refusal: 'repeated',
    ground: { instead: { noise: fresh() } },
    run: (ground) => mean(ground, () => statistic(PAID as never)),
    control: {
      // The same functional in thirty sizes is thirty numbers with noise of their own, and a budget that no custodian has pays for them.
      ground: { instead: { noise: fresh() } },
      run: (ground) => mean(ground, (k) => statistic(weighted(k) as never, 0, String(1048576n * BigInt(k * k)))),
    },
  },
  {
    group: 'adaptive',
    name: 'the mean of thirty multiples of a sum',
    refusal: 'budget',
    ground: { policy: { openingRho: 0.0243, planRho: 0.0875, datasetRho: 0.185 }, instead: { noise: fresh() } },
    run: (ground) => mean(ground, (k) => statistic(weighted(k) as never, 0, priced(k, 0.02))),
    control: { ground: { instead: { noise: fresh() } } },
  },
  {
    group: 'adaptive',
    name: 'many questions by many plans',
    refusal: 'budget',
    ground: { policy: { openingRho: 0.0243, planRho: 0.0875, datasetRho: 0.185 } },
    run: async (ground) => {
      let why: string | null = null;
      for (let plan = 0; plan < 12 && why === null; plan += 1) {
        const change = { plan: `plan-${plan}`, statistics: [statistic(PAID as never, 0, priced(1, 0.02))] };
        ({ why } = await ground.ask(ground.request([others(20 + 15 * plan)], change)));
      }
      return { why, got: why === null };
    },
    control: { ground: { policy: { datasetRho: 1e4 } } },
  },
];

const weighted = (k: number) => ({ constant: '0', weights: [{ column: 'paid', of: 'value', weight: String(k) }] });
/** The variance by which k times the sum costs so much: Δ²/2ρ, Δ = 40 rows of at most 1000·k. */
const priced = (k: number, rho: number): string => String(Math.ceil((BIG * 1000 * k) ** 2 / (2 * rho)));

/** Noise of a known size that no number has from another: ±1 deviation in turn, so that means of many are sums. */
function fresh(): NonNullable<NonNullable<GroundOptions['instead']>['noise']> {
  let drawn = 0;
  return {
    take: ({ parameter: { top, bottom } }, count) =>
      Array.from({ length: count }, () => {
        drawn += 1;
        const deviation = BigInt(Math.round(Math.sqrt(Number(top) / Number(bottom))));
        return drawn % 2 === 0 ? deviation : -deviation;
      }),
  };
}

/** Thirty answers about one set: their mean is the sum, where each has noise of its own. */
async function mean(ground: Ground, of: (k: number) => OpeningRequest['statistics'][number]): Promise<Outcome> {
  const rows = others(50);
  let total = 0;
  const seen = new Set<string>();
  for (let k = 1; k <= 30; k += 1) {
    const { why, cells } = await ground.ask(ground.request([rows], { statistics: [of(k)] }));
    if (why !== null) return { why, got: false };
    const { weights } = of(k).functional;
    total += Number(cells[0]![0]!) / Number(weights[0]!.weight);
    seen.add(String(cells[0]![0]!));
  }
  const got = Math.abs(total / 30 - Number(sumOf(ground, rows))) < 1;
  return { why: seen.size === 1 ? 'repeated' : null, got };
}
