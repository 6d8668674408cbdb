import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { thumbprintOf } from '#sandbox';
import { custodianKeyOf } from '../../gateway/custodian/custodian-key.ts';
import { OPENING_CHECKS, SET_CHECKS } from '../../gateway/custodian/opening-checks.ts';
import type { OpeningRequest } from '../../gateway/custodian/opening-request.ts';
import { signingKeyOf } from '../../gateway/custodian/signing-key.ts';
import { BIG, COUNT, type Ground, type GroundOptions, PAID, personOf, ROWS, setOf } from './ground.ts';

/** What an attack ended with: the rule that the custodian names, and whether it got what it was after. */
export interface Outcome {
  readonly why: string | null;
  readonly got: boolean;
}
export interface Attack {
  readonly group: 'gateway' | 'adaptive' | 'ciphertext' | 'provider';
  readonly name: string;
  /** The refusal that must be named. */
  readonly refusal: string;
  readonly ground?: GroundOptions;
  readonly run: (ground: Ground) => Promise<Outcome>;
  /** With the rule off, or the false part made true, the same must get what it is after: else the attack proves nothing. */
  readonly control: { readonly ground?: GroundOptions; readonly run?: (ground: Ground) => Promise<Outcome> };
}

const from = (start: number, end: number) => Array.from({ length: end - start }, (_, at) => start + at);
/** People of one row each. */
const others = (count: number, start = BIG) => from(start, start + count);
const sumOf = (ground: Ground, rows: readonly number[]) =>
  rows.reduce((sum, row) => sum + ground.secret['paid']![row]!, 0n);
const without = (name: string): GroundOptions => ({
  instead: { checks: OPENING_CHECKS.filter((one) => one.name !== name) },
});
const withoutSet = (...names: string[]): GroundOptions => ({
  instead: { setChecks: SET_CHECKS.filter((one) => !names.includes(one.name)) },
});
const statistic = (functional: OpeningRequest['statistics'][number]['functional'], part = 0, top = '1048576') => {
  return { part, functional, variance: { top, bottom: '1' } };
};

/** Noise enough for squares. */
const LOUD = String(10n ** 16n);

/** Asks for the sum over some rows; has it where the answer is the sum. */
async function single(ground: Ground, rows: readonly number[], change: Partial<OpeningRequest> = {}): Promise<Outcome> {
  const { why, cells } = await ground.ask(ground.request([rows], change));
  return { why, got: cells[0]?.[0] === sumOf(ground, rows) };
}

/** Two answers, one less the other: what one person was paid. */
async function difference(
  ground: Ground,
  [a, b]: readonly [readonly number[], readonly number[]],
  second: Partial<OpeningRequest> = {},
): Promise<Outcome> {
  const first = await ground.ask(ground.request([a]));
  const next = await ground.ask(ground.request([b], second));
  const [x, y] = [first.cells[0]?.[0], next.cells[0]?.[0]];
  const left = a.filter((row) => !b.includes(row));
  return {
    why: next.why ?? first.why,
    got: typeof x === 'bigint' && typeof y === 'bigint' && x - y === sumOf(ground, left),
  };
}

const answered = async (told: Promise<{ why: string | null }>): Promise<Outcome> => {
  const { why } = await told;
  return { why, got: why === null };
};

// ── A gateway that is not what it should be ──────────────────────────────────────────────────────────────────────

const GATEWAY: readonly Attack[] = [
  {
    group: 'gateway',
    name: 'the row of one person',
    refusal: 'withheld',
    run: (ground) => single(ground, [BIG]),
    control: { ground: withoutSet('units', 'largest') },
  },
  {
    group: 'gateway',
    name: 'nine people',
    refusal: 'withheld',
    run: (ground) => single(ground, others(9)),
    control: { ground: withoutSet('units') },
  },
  {
    group: 'gateway',
    name: 'forty rows of one person',
    refusal: 'withheld',
    run: (ground) => single(ground, from(0, BIG)),
    control: { ground: withoutSet('units', 'largest') },
  },
  {
    group: 'gateway',
    name: 'one person who outweighs twenty others',
    refusal: 'withheld',
    run: (ground) => single(ground, from(0, BIG + 20)),
    control: { ground: withoutSet('largest') },
  },
  {
    group: 'gateway',
    name: 'a threshold of its own choice',
    refusal: 'withheld',
    run: (ground) => single(ground, others(2), { unitsMin: 1 }),
    control: { ground: { policy: { unitsMin: 1 } } },
  },
  {
    group: 'gateway',
    name: 'groups that share rows',
    refusal: 'rows',
    run: async (ground) => answered(ground.ask(ground.request([others(30), others(30, BIG + 10)]))),
    control: { ground: { instead: { checks: without('share').instead!.checks!, setChecks: [] } } },
  },
  {
    group: 'gateway',
    name: 'a unit with more rows than is said',
    refusal: 'share',
    run: (ground) => single(ground, from(0, 160), { share: [{ unit: 'person_id', groupsMax: 1, rowsMax: 3 }] }),
    control: { ground: without('share') },
  },
  {
    group: 'gateway',
    name: 'a unit in more groups than is said',
    refusal: 'share',
    run: async (ground) => {
      const groups = [
        [...from(0, 15), ...others(60)],
        [...from(15, 40), ...others(60, BIG + 60)],
      ];
      const share = [{ unit: 'person_id', groupsMax: 1, rowsMax: 40 }];
      return answered(ground.ask(ground.request(groups, { share })));
    },
    control: { ground: without('share') },
  },
  {
    group: 'gateway',
    name: 'columns that name units left unsaid',
    refusal: 'share',
    run: (ground) => single(ground, others(30), { share: [] }),
    control: { run: (ground) => single(ground, others(30)) },
  },
  {
    group: 'gateway',
    name: 'narrower bounds than declared, for less noise',
    refusal: 'parameters',
    run: (ground) => {
      const [paid, ...rest] = ground.request([others(30)]).columns;
      return single(ground, others(30), { columns: [{ ...paid!, max: '1' }, ...rest] });
    },
    control: { ground: without('parameters') },
  },
  {
    group: 'gateway',
    name: 'another scale',
    refusal: 'parameters',
    run: (ground) => {
      const [paid, ...rest] = ground.request([others(30)]).columns;
      return single(ground, others(30), { columns: [{ ...paid!, scale: 2 }, ...rest] });
    },
    control: { ground: without('parameters') },
  },
  {
    group: 'gateway',
    name: 'squares that nobody declared',
    refusal: 'parameters',
    run: async (ground) => {
      const functional = { constant: '0', weights: [{ column: 'bonus', of: 'square' as const, weight: '1' }] };
      return answered(ground.ask(ground.request([others(30)], { statistics: [statistic(functional, 0, LOUD)] })));
    },
    control: {
      run: async (ground) => {
        const functional = { constant: '0', weights: [{ column: 'paid', of: 'square' as const, weight: '1' }] };
        return answered(ground.ask(ground.request([others(30)], { statistics: [statistic(functional, 0, LOUD)] })));
      },
    },
  },
  {
    group: 'gateway',
    name: 'weights beyond what can be drawn for',
    refusal: 'overflow',
    run: async (ground) => {
      const functional = {
        constant: '0',
        weights: [{ column: 'paid', of: 'value' as const, weight: String(10n ** 20n) }],
      };
      return answered(
        ground.ask(ground.request([others(30)], { statistics: [statistic(functional, 0, String(10n ** 44n))] })),
      );
    },
    control: { ground: without('overflow') },
  },
  {
    group: 'gateway',
    name: 'hardly any noise',
    refusal: 'noise',
    ground: { policy: { openingRho: 0.0243 } },
    run: (ground) => single(ground, others(30), { statistics: [statistic(PAID as never, 0, '1')] }),
    control: {
      ground: { policy: { openingRho: 1e6, datasetRho: 9e6, planRho: 9e6 } },
      run: (ground) => single(ground, others(30)),
    },
  },
  {
    group: 'gateway',
    name: 'another encryption of the data',
    refusal: 'dataset',
    run: (ground) => single(ground, others(30), { version: 'f'.repeat(32) }),
    control: { run: (ground) => single(ground, others(30)) },
  },
  {
    group: 'gateway',
    name: 'a key that the custodian does not know',
    refusal: 'signature',
    run: async (ground) => {
      const key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
      return answered(ground.ask(ground.request([others(30)]), { key }));
    },
    control: { ground: { instead: { isGateway: () => true } } },
  },
  {
    group: 'gateway',
    name: 'a request changed after it was signed',
    refusal: 'signature',
    run: async (ground) => {
      const sent = (body: Buffer) => Buffer.from(body.toString().replace('"plan-1"', '"plan-2"'));
      return answered(ground.ask(ground.request([others(30)]), { sent }));
    },
    control: { run: (ground) => single(ground, others(30)) },
  },
  {
    group: 'gateway',
    name: 'the same request twice',
    refusal: 'replay',
    run: async (ground) => {
      const nonce = randomUUID();
      await ground.ask(ground.request([others(30)]), { nonce });
      return answered(ground.ask(ground.request([others(60)]), { nonce }));
    },
    control: {
      run: async (ground) => {
        await ground.ask(ground.request([others(30)]));
        return answered(ground.ask(ground.request([others(60)])));
      },
    },
  },
  {
    group: 'gateway',
    name: 'a request of an hour ago',
    refusal: 'replay',
    run: async (ground) =>
      answered(ground.ask(ground.request([others(30)]), { iat: Math.floor(Date.now() / 1000) - 3_600 })),
    control: { ground: { policy: { clockSkewSeconds: 7_200 } } },
  },
  {
    group: 'gateway',
    name: 'another grant under the plan’s name',
    refusal: 'grant',
    run: async (ground) => {
      await ground.ask(ground.request([others(30)]));
      return answered(ground.ask(ground.request([others(60)], { planHash: 'c'.repeat(64) })));
    },
    control: { ground: without('grant') },
  },
  {
    group: 'gateway',
    name: 'too often',
    refusal: 'rate',
    ground: { policy: { openingsPerMinute: 3 } },
    run: async (ground) => {
      for (const count of [20, 40, 60]) await ground.ask(ground.request([others(count)]));
      return answered(ground.ask(ground.request([others(90)])));
    },
    control: { ground: { policy: { openingsPerMinute: 30 } } },
  },
];

// ── Answers that are asked for by what was answered ──────────────────────────────────────────────────────────────

const OTHER_PLAN = { plan: 'plan-2', planHash: 'd'.repeat(64), organisation: 'friends' };

const ADAPTIVE: readonly Attack[] = [
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

// ── Ciphertext that is not what it is said to be ─────────────────────────────────────────────────────────────────

type Lie = (ground: Ground, rows: readonly number[]) => bigint;
/** One encrypted sum replaced. */
async function lied(ground: Ground, lie: Lie, rows: readonly number[] = others(50)): Promise<Outcome> {
  const set = setOf(ground, rows);
  const sums = set.sums.map((one) =>
    one.column === 'paid' && one.of === 'value' ? { ...one, sum: String(lie(ground, rows)) } : one,
  );
  return answered(ground.ask(ground.request([rows], { groups: [[{ ...set, sums }]] })));
}
const honestly: Attack['control'] = {
  run: (ground) => lied(ground, (one, rows) => one.cipherSum('paid', 'value', rows)),
};

const CIPHERTEXT: readonly Attack[] = [
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
    run: (ground) => lied(ground, () => 0n),
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

// ── A provider, or whoever says it is one ────────────────────────────────────────────────────────────────────────

const stranger = generateKeyPairSync('ed25519');
const FRESH = 'fedcba9876543210'.repeat(2);
const accepted: Attack['control'] = {
  run: async (ground) => answered(ground.send(await ground.packageFor({ version: FRESH }))),
};

const PROVIDER: readonly Attack[] = [
  {
    group: 'provider',
    name: 'a package by a key that the custodian does not know',
    refusal: 'package',
    run: async (ground) => {
      const bytes = await ground.packageFor({ version: FRESH, signer: stranger });
      return answered(ground.send(bytes, await thumbprintOf(stranger.publicKey)));
    },
    control: accepted,
  },
  {
    group: 'provider',
    name: 'a package under another’s name',
    refusal: 'package',
    run: async (ground) => answered(ground.send(await ground.packageFor({ version: FRESH, signer: stranger }))),
    control: accepted,
  },
  {
    group: 'provider',
    name: 'a package changed in its last byte',
    refusal: 'package',
    run: async (ground) => {
      const bytes = await ground.packageFor({ version: FRESH });
      bytes[bytes.length - 1]! ^= 1;
      return answered(ground.send(bytes));
    },
    control: accepted,
  },
  {
    group: 'provider',
    name: 'a package cut short',
    refusal: 'package',
    run: async (ground) => answered(ground.send((await ground.packageFor({ version: FRESH })).subarray(0, -40))),
    control: accepted,
  },
  {
    group: 'provider',
    name: 'a package sealed for another custodian',
    refusal: 'package',
    run: async (ground) => {
      const custodian = await custodianKeyOf(createHash('sha256').update('another').digest());
      return answered(ground.send(await ground.packageFor({ version: FRESH, custodian })));
    },
    control: accepted,
  },
  {
    group: 'provider',
    name: 'a second package for the same encryption: other units, other bounds',
    refusal: 'package',
    run: async (ground) => answered(ground.send(await ground.packageFor())),
    control: accepted,
  },
  {
    group: 'provider',
    name: 'columns declared for another key than the custodian’s',
    refusal: 'package',
    run: async (ground) => answered(ground.send(await ground.packageFor({ version: FRESH, keyId: 'another' }))),
    control: accepted,
  },
];

export const ATTACKS: readonly Attack[] = [...GATEWAY, ...ADAPTIVE, ...CIPHERTEXT, ...PROVIDER];
/** People behind a set, for what a run prints. */
export const peopleIn = (rows: readonly number[]): number => new Set(rows.map(personOf)).size;
