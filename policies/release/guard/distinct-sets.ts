import { UNIT_CLASSES } from '../../sql/rewrite/cell-layout.ts';
import { bandOf, type CountedSets, countIn } from './counted-sets.ts';
import { classTokens, KEY_UNIT } from './difference.ts';
import { type Entry, occupiedClasses, type SetIndex } from './set-index.ts';
import { rowsOf, type TablePrint } from './set-print.ts';

/**
 * How many distinct sets may be asked in one region. Exact sums over as many random subsets as a region has members give
 * every member's value, and a tenth of as many already say more of each than chance (Dinur, Nissim, PODS 2003; figures of
 * `test/policies/guard/distinct-sets.full.test.ts`). So at every distance d, of the sets released within d rows of a new one, those
 * that overlap it are at most `limitAt(d)`, the new one among them.
 *
 * Overlap is proven where one class of units in sixteen has the same rows in both, and else supposed where 64 classes
 * suggest that an eighth is common. A grouping of more cells than can be looked at counts as one set at least, where any of its cells may be
 * so close. What a grouping hides counts as one set: whoever is in it is in one of its cells.
 * Limits: overlap of less than an eighth in sets of more than some hundred rows is seen half of the time. Regions are told by
 * rows that differ: sets that are each padded with other rows than all before seem far apart.
 */
export interface DistinctLimit {
  readonly least: number;
  /** Rows of distance that make room for one more set. */
  readonly rowsPerSet: number;
}

/**
 * By mode. Exact sums are worth more than perturbed ones (variance 8): twelve of either leave the best linear guess of a random bit
 * right in about 60% of cases. `perturbed`: 36% of a dashboard's values over 2,000 people are hidden. Fewer take more from users than from attackers: of
 * 128 bits reconstruction (B5) brings back .607 with twelve, .596 with eight and .603 with seven (each ± .008), and 36%, 40% and 41% are hidden; with
 * nine sets and one in 14 rows .606 and 49%; with overlap taken for proven by one class of units in 32 instead of 16, 50% are hidden.
 */
export const DISTINCT_LIMITS = Object.freeze({
  aggregate: { least: 12, rowsPerSet: 10 },
  perturbed: { least: 12, rowsPerSet: 10 },
} satisfies Record<string, DistinctLimit>);

const SCALE_MIN = 64;
const SCALES = 12; // 64 … 2¹⁷
const distances = Array.from({ length: SCALES }, (_, scale) => SCALE_MIN * 2 ** scale);

export function limitAt(distance: number, { least, rowsPerSet }: DistinctLimit): number {
  return Math.max(least, Math.floor(distance / rowsPerSet));
}

export interface CapQuestion {
  readonly print: TablePrint;
  /** What a reader knows as well as the value itself, or null. */
  readonly complement: TablePrint | null;
  readonly family: number;
  readonly limit: DistinctLimit;
}

/** True when one more set would be one too many. `work.left` goes down by one a comparison; below zero the answer is true. */
export function isOneTooMany(
  index: SetIndex,
  counted: CountedSets,
  question: CapQuestion,
  work: { left: number },
): boolean {
  const prints = [question.print, question.complement].filter((print) => print !== null);
  const centres = prints.map(rowsOf);
  const fewAt = (scale: number) => countIn(bandOf(counted.few, centres, distances[scale]!));
  const large = largeAt(counted, question, centres);
  const limit = (scale: number) => limitAt(distances[scale]!, question.limit);
  let open = SCALES - 1;
  while (open >= 0 && fewAt(open) + large.cells[open]! < limit(open)) open -= 1;
  if (open < 0) return false;
  const sides = prints.map(sideOf);
  const hits = openHits(index);
  work.left -= fewAt(open);
  if (work.left < 0) return true;
  for (const [from, to] of bandOf(counted.few, centres, distances[open]!)) {
    for (let at = from; at < to; at += 1) {
      const entry = counted.few.entries[at]!;
      if (index.familyOf(entry) !== question.family) hits.add(entry, overlapOf(index, entry, sides));
    }
  }
  if (large.cells[open]! > 0) tallyLarge(index, counted, sides, question.family, hits);
  return hits.exceed((scale) => limit(scale), open, fewAt, large.groupings);
}

/** Large groupings of this version that have cells so close, and all those cells. */
function largeAt(counted: CountedSets, { print, family }: CapQuestion, centres: readonly number[]) {
  const [groupings, all] = [new Float64Array(SCALES), new Float64Array(SCALES)];
  for (const { family: other, version, cells } of counted.large) {
    if (other === family) continue;
    for (let scale = SCALES - 1; scale >= 0; scale -= 1) {
      const count = countIn(bandOf(cells, centres, distances[scale]!));
      if (count === 0) break;
      all[scale]! += count;
      if (version === print.version) groupings[scale]! += 1;
    }
  }
  return { groupings, cells: all };
}

/** How many sets were found to overlap, by the first scale that reaches them. */
function openHits(index: SetIndex) {
  const proven = new Float64Array(SCALES + 1);
  const supposed = new Float64Array(SCALES + 1);
  const largeProven = new Float64Array(SCALES + 1);
  /** By family: of what it hides, what is closest. */
  const hidden = new Map<number, Overlap>();
  const count = (overlap: Overlap) => {
    if (overlap.proven <= overlap.supposed) proven[overlap.proven]! += 1;
    else supposed[overlap.supposed]! += 1;
  };
  return {
    add(entry: Entry, overlap: Overlap) {
      if (index.isCompared(entry)) return count(overlap);
      const family = index.familyOf(entry);
      const before = hidden.get(family) ?? NOWHERE;
      hidden.set(family, {
        proven: Math.min(before.proven, overlap.proven),
        supposed: Math.min(before.supposed, overlap.supposed),
      });
    },
    addLarge(scale: number) {
      largeProven[scale]! += 1;
    },
    exceed(limit: (scale: number) => number, open: number, few: (scale: number) => number, groupings: Float64Array) {
      for (const overlap of hidden.values()) count(overlap);
      let [sure, maybe, cells] = [0, 0, 0];
      for (let scale = 0; scale <= open; scale += 1) {
        sure += proven[scale]!;
        maybe += supposed[scale]!;
        cells += largeProven[scale]!;
        const found = sure + Math.max(0, maybe - chanceHits(few(scale) - sure)) + Math.max(cells, groupings[scale]!);
        if (found >= limit(scale)) return true;
      }
      return false;
    },
  };
}
type Hits = ReturnType<typeof openHits>;

/**
 * Disjoint sets look as if more than an eighth were common in 16% of all cases (one standard error of the estimate). So
 * many, and three standard deviations more, may be chance; the first few are always counted.
 */
function chanceHits(sets: number): number {
  return Math.max(0, 0.159 * sets + 3 * Math.sqrt(0.134 * Math.max(0, sets)) - 16);
}

/** `SCALES` for what is beyond the last. */
function scaleOf(distance: number): number {
  return distance <= SCALE_MIN ? 0 : Math.min(SCALES, Math.ceil(Math.log2(distance / SCALE_MIN)));
}

interface Side {
  readonly tokens: Uint32Array;
  /** Classes in common that prove overlap. */
  readonly sharedMin: number;
  readonly vector: Float64Array;
  readonly square: number;
}

function sideOf(print: TablePrint): Side {
  const vector = print.keySums.subarray(0, UNIT_CLASSES).map((sum) => sum / KEY_UNIT);
  const tokens = classTokens(print);
  return {
    tokens,
    sharedMin: Math.max(1, occupiedClasses(tokens) / 16),
    vector,
    square: vector.reduce((sum, value) => sum + value * value, 0),
  };
}

/** The first scale that reaches a set, `SCALES` where none does or it is not known to overlap. */
interface Overlap {
  readonly proven: number;
  readonly supposed: number;
}
const NOWHERE: Overlap = { proven: SCALES, supposed: SCALES };

function overlapOf(index: SetIndex, entry: Entry, sides: readonly Side[]): Overlap {
  let [proven, supposed] = [SCALES, SCALES];
  for (const side of sides) {
    const { distance, isLikely } = estimate(index.sums, entry, side);
    if (index.classesShared(side.tokens, entry) >= side.sharedMin) proven = Math.min(proven, scaleOf(distance));
    else if (isLikely) supposed = Math.min(supposed, scaleOf(distance));
  }
  return { proven, supposed };
}

/** Of large groupings, the cells that provably overlap, as far as the index finds them. */
function tallyLarge(index: SetIndex, counted: CountedSets, sides: readonly Side[], family: number, hits: Hits): void {
  const large = new Set(counted.large.filter(({ isShown }) => isShown).map((grouping) => grouping.family));
  for (const side of sides) {
    index.sharing(side.tokens, (entry) => {
      const of = index.familyOf(entry);
      if (of === family || !large.has(of) || !index.isCounted(entry) || !index.isCompared(entry)) return;
      if (index.classesShared(side.tokens, entry) < side.sharedMin) return;
      hits.addLarge(scaleOf(estimate(index.sums, entry, side).distance));
    });
  }
}

const OVERLAP_MIN = 1 / 8;

/** Estimated rows of difference (difference.ts), and whether the cosine of the two sets is more than its standard error. */
function estimate(sums: Float32Array, entry: Entry, { vector, square }: Side) {
  const at = entry * UNIT_CLASSES;
  let inner = 0;
  let own = 0;
  for (let slot = 0; slot < UNIT_CLASSES; slot += 1) {
    const sum = sums[at + slot]!;
    inner += sum * vector[slot]!;
    own += sum * sum;
  }
  const isLikely = inner > 0 && inner * inner >= OVERLAP_MIN ** 2 * own * square;
  return { distance: own + square - 2 * inner, isLikely };
}
