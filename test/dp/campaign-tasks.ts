import { privacyAccounts } from '../../policies/accounting/privacy-accounts.ts';
import { DEFAULT_PRIVACY_BUDGETS as BUDGETS } from '../../policies/accounting/privacy-budgets.ts';
import { epsilonOf, gaussianRho, gaussianVariance, RHO_UNITS, rhoUnits } from '../../policies/accounting/zcdp.ts';
import { gridVariance } from '../../policies/mechanisms/discrete-gaussian/variance-grid.ts';
import { gaussianKind } from '../../policies/mechanisms/noise-pool/noise-pool.ts';
import type { Exact } from '../../policies/mechanisms/suppression/exact.ts';
import type { Finding, Laboratory, Task } from './finding.ts';
import { guessCeiling } from './guess-ceiling.ts';
import { solved } from './least-squares.ts';

/**
 * Attackers of many answers against counts of mode `dp`, with the noise, the charges and the accounts of the product. Each is held against what ρ admits: one
 * bit about one unit is guessed with chance Φ(√(2ρ)/2) at best (Gaussian mechanism). The same attacker without the protection must succeed.
 */
interface Campaign {
  readonly name: string;
  /** Share of right guesses, or what the name says, of so many targets. */
  readonly attack: (laboratory: Laboratory, targets: number) => number;
  readonly control: (laboratory: Laboratory, targets: number) => number;
  readonly ceiling: number;
  readonly controlLeast: number;
  readonly targets: number;
  /** Not a share of guesses: nothing of it is chance, or its margin is its own. */
  readonly isExact?: true;
}

/** 3 deviations of a share of right guesses: one-sided α = 1.3e-3 for an attacker at the ceiling. */
const margin = (targets: number): number => 3 * Math.sqrt(0.25 / targets);
/** Size of a reconstruction. */
const BITS = 128;
const SUMS = 4 * BITS;

export function campaignTasks(): readonly Task[] {
  return CAMPAIGNS.map(({ name, attack, control, ceiling, controlLeast, targets, isExact }) => ({
    name: `campaign ${name}`,
    run(laboratory): readonly Finding[] {
      const many = laboratory.votes === 1 ? Math.ceil(targets / 10) : targets;
      const [measured, unprotected] = [attack(laboratory, many), control(laboratory, Math.ceil(many / 10))];
      const bar = isExact === true ? ceiling : ceiling + margin(many);
      const detail = { measured, ceiling, bar, control: unprotected, controlLeast, targets: many };
      return [
        { check: 'campaign', subject: 'attack', name, holds: measured <= bar && unprotected >= controlLeast, detail },
      ];
    },
  }));
}

// ── One answer, and what it costs ────────────────────────────────────────────────────────────────────────────────

interface Charged {
  readonly variance: Exact;
  /** In the ledger's units. */
  readonly units: bigint;
}

/** A count of which a unit changes one cell by one. */
function charged(rho: number): Charged {
  const variance = gridVariance(gaussianVariance(1n, { top: BigInt(Math.floor(rho * 1e9)), bottom: RHO_UNITS }));
  return { variance, units: rhoUnits(gaussianRho(1n, variance)) };
}

const noiseOf = ({ pool }: Laboratory, { variance }: Charged, count: number): readonly number[] =>
  pool.take(gaussianKind(variance), count).map(Number);

const unitsOf = (rho: number): bigint => BigInt(Math.floor(rho * 1e9));

/** Answers to `count(*)`, as many as a budget bears at this price. */
function spent(laboratory: Laboratory, truth: number, budget: number, each: number): readonly number[] {
  const price = charged(each);
  const answers = Number(unitsOf(budget) / price.units);
  return noiseOf(laboratory, price, answers).map((noise) => truth + noise);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Share of targets, half of whom are there, whose presence a guess tells. */
function guessed(targets: number, guess: (isThere: boolean) => boolean): number {
  let right = 0;
  for (let target = 0; target < targets; target += 1) if (guess(target % 2 === 0) === (target % 2 === 0)) right += 1;
  return right / targets;
}

// ── Accounts ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** ρ that a crowd takes of one resource: people of organisations with a plan for each question, until all are refused. */
function takenBy(people: number, isKept: (kind: string) => boolean): number {
  const each = charged(0.001).units;
  const taken = new Map<string, bigint>();
  let all = 0n;
  for (let turn = 0; turn < people * 40; turn += 1) {
    const person = turn % people;
    const asker = { org: `org ${person % 7}`, sub: `person ${person}`, plan: { id: `plan ${turn}`, rhoMax: null } };
    const accounts = privacyAccounts({ resource: 'r', unit: 'person' }, asker, BUDGETS).filter(
      ({ kind, limit }) => kind !== 'selection' && limit !== null && isKept(kind),
    );
    if (accounts.some(({ account, limit }) => (taken.get(account) ?? 0n) + each > unitsOf(limit!))) continue;
    for (const { account } of accounts) taken.set(account, (taken.get(account) ?? 0n) + each);
    all += each;
  }
  return Number(all) / 1e9;
}

const CAMPAIGNS: readonly Campaign[] = [
  {
    name: 'averaging: one person asks in other words until the budget ends',
    attack: (laboratory, targets) =>
      guessed(targets, (isThere) => mean(spent(laboratory, Number(isThere), BUDGETS.analystRho, 0.001)) > 0.5),
    control: (laboratory, targets) =>
      guessed(targets, (isThere) => mean(spent(laboratory, Number(isThere), 20, 0.001)) > 0.5),
    ceiling: guessCeiling(BUDGETS.analystRho),
    controlLeast: 0.95,
    targets: 20_000,
  },
  {
    name: 'collusion: everybody pools what accounts, plans and organisations bear',
    attack: (laboratory, targets) => {
      const pooled = takenBy(60, () => true);
      return guessed(targets, (isThere) => mean(spent(laboratory, Number(isThere), pooled, 0.001)) > 0.5);
    },
    control: (laboratory, targets) => {
      const pooled = takenBy(600, (kind) => kind === 'analyst');
      return guessed(targets, (isThere) => mean(spent(laboratory, Number(isThere), pooled, 0.001)) > 0.5);
    },
    ceiling: guessCeiling(BUDGETS.resourceRho),
    controlLeast: 0.95,
    targets: 10_000,
  },
  {
    name: 'collusion: ρ taken of one resource, of what it bears',
    attack: () => takenBy(60, () => true) / BUDGETS.resourceRho,
    control: () => takenBy(600, (kind) => kind === 'analyst') / BUDGETS.resourceRho,
    ceiling: 1,
    controlLeast: 10,
    targets: 10,
    isExact: true,
  },
  {
    name: 'differencing: all but one, taken from all, at half of the resource each',
    attack: (laboratory, targets) => {
      const price = charged(BUDGETS.resourceRho / 2);
      return guessed(targets, (isThere) => {
        const [all, others] = noiseOf(laboratory, price, 2) as [number, number];
        return 400 + Number(isThere) + all - (400 + others) > 0.5;
      });
    },
    control: (_, targets) => guessed(targets, (isThere) => 400 + Number(isThere) - 400 > 0.5),
    ceiling: guessCeiling(BUDGETS.resourceRho),
    controlLeast: 1,
    targets: 100_000,
  },
  {
    name: 'membership: ε seen in one count, of what it was charged for',
    attack: (laboratory, targets) => seenEpsilon(laboratory, targets, charged(BUDGETS.resourceRho), 1),
    control: (laboratory, targets) => seenEpsilon(laboratory, targets * 10, charged(BUDGETS.resourceRho), 6),
    ceiling: epsilonOf(BUDGETS.resourceRho, 1e-6),
    controlLeast: epsilonOf(BUDGETS.resourceRho, 1e-6),
    targets: 1_000_000,
    isExact: true,
  },
  {
    name: 'reconstruction: 128 bits from 512 random sums, all of the resource',
    attack: (laboratory, targets) => {
      const price = charged(BUDGETS.resourceRho / SUMS);
      return mean(Array.from({ length: Math.ceil(targets / BITS) }, () => reconstructed(laboratory, price)));
    },
    control: (laboratory) => reconstructed(laboratory, null),
    ceiling: guessCeiling(BUDGETS.resourceRho),
    controlLeast: 0.95,
    targets: 10 * BITS,
  },
];

// ── Membership ───────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * The largest ε that a threshold shows between counts of 0 and 1: ln((TPR − δ)/FPR) with both rates at the wrong end of their 3 deviations. `louder`: noise that
 * is divided, as a mutant would.
 */
function seenEpsilon(laboratory: Laboratory, samples: number, price: Charged, louder: number): number {
  const noise = noiseOf(laboratory, price, samples).map((value) => value / louder);
  const share = (truth: number, least: number) =>
    noise.reduce((hits, value) => hits + (truth + value >= least ? 1 : 0), 0) / samples;
  const deviations = (rate: number) => 3 * Math.sqrt((rate * (1 - rate)) / samples) + 9 / samples;
  const deviation = Math.sqrt(Number(price.variance.top) / Number(price.variance.bottom)) / louder;
  const seen = [0.5, 1, 1.5, 2, 2.5, 3].map((step) => {
    const [tpr, fpr] = [share(1, step * deviation), share(0, step * deviation)];
    return Math.log(Math.max(1e-9, tpr - deviations(tpr) - 1e-6) / (fpr + deviations(fpr)));
  });
  return Math.max(0, ...seen);
}

// ── Reconstruction ───────────────────────────────────────────────────────────────────────────────────────────────

/** Share of bits that least squares gets right from sums over random subsets. Each costs a person ρ, in or out. */
function reconstructed(laboratory: Laboratory, price: Charged | null): number {
  const bit = () => Number(laboratory.source.bits(1));
  const secret = Array.from({ length: BITS }, bit);
  const subsets = Array.from({ length: SUMS }, () => Array.from({ length: BITS }, bit));
  const noise = price === null ? subsets.map(() => 0) : noiseOf(laboratory, price, SUMS);
  const sums = subsets.map((subset, row) => subset.reduce((sum, is, at) => sum + is * secret[at]!, 0) + noise[row]!);
  const found = solved(subsets, sums);
  return found.filter((value, at) => Number(value > 0.5) === secret[at]).length / BITS;
}
