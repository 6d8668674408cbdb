import { type CustodyCell, type Db, findCustodyCell } from '#catalog';
import { encryptedRange, functionalRange, functionalText, type PrivacyNoise } from '#policies';
import type { ColumnRead } from './held-package.ts';
import type { Opening } from './opening-checks.ts';
import { type JudgedSet, sumName } from './opening-checks.ts';
import type { OpeningRequest } from './opening-request.ts';

type Statistic = OpeningRequest['statistics'][number];

/** One number to be opened: a statistic over a set whose numbers may leave. */
export interface CellToOpen {
  readonly group: number;
  readonly statistic: number;
  readonly set: JudgedSet;
  /** What was opened before, with no more noise than is asked for now: that is given again, and nothing is opened. */
  readonly known: CustodyCell | null;
}

/** Every number that may leave, `verdicts` per group and part. */
export function cellsToOpen(
  { request, groups, held }: Opening,
  verdicts: readonly (readonly boolean[])[],
  db: Db,
): readonly CellToOpen[] {
  return groups.flatMap((sets, group) =>
    request.statistics.flatMap(({ part, functional, variance }, statistic) => {
      const set = sets[part] ?? null;
      if (set === null || verdicts[group]![part] !== true) return [];
      const before = findCustodyCell(db, held, set.name, functionalText(functional));
      return [{ group, statistic, set, known: before !== null && isAsQuiet(before, variance) ? before : null }];
    }),
  );
}

function isAsQuiet({ variance }: CustodyCell, asked: Statistic['variance']): boolean {
  const [top, bottom] = variance.split('/') as [string, string];
  return BigInt(top) * BigInt(asked.bottom) <= BigInt(asked.top) * BigInt(bottom);
}

export interface NoisyCell {
  readonly cell: CellToOpen;
  readonly noisy: bigint;
  /** Whether it is what a sum over these rows could be, as far as its noise lets that be seen. */
  readonly isPlausible: boolean;
}

/**
 * Opens sums and adds noise: plain sums exist in here only.
 *
 * Guarantee: what leaves is the functional of the set plus exact discrete Gaussian noise of the asked variance, fresh for each number.
 * INVARIANT: whether a number is plausible is judged with its noise. WHY: who may shift a sum and see whether it still passes for one, could else
 * find it by halving, bit by bit.
 */
export async function openCells(
  { request, held }: Opening,
  cells: readonly CellToOpen[],
  noise: Pick<PrivacyNoise, 'take'>,
): Promise<readonly NoisyCell[]> {
  const fresh = cells.filter(({ known }) => known === null);
  const plain = fresh.map(({ set, statistic }) => {
    const { constant } = request.statistics[statistic]!.functional;
    return BigInt(constant) * BigInt(set.rows.size);
  });
  const reads = readsOf(request, fresh);
  const opened = await held.open(reads);
  const falsified = new Set<CellToOpen>();
  for (const [read, { cells: of, weights }] of reads.entries()) {
    for (const [at, cell] of of.entries()) {
      const value = opened[read]![at]!;
      if (value === null) falsified.add(cell);
      else plain[fresh.indexOf(cell)]! += weights[at]! * value;
    }
  }
  return fresh.map((cell, at) => {
    const statistic = request.statistics[cell.statistic]!;
    const noisy = plain[at]! + drawn(statistic, noise);
    return { cell, noisy, isPlausible: !falsified.has(cell) && isPlausible(noisy, cell, statistic, held) };
  });
}

function drawn({ variance }: Statistic, noise: Pick<PrivacyNoise, 'take'>): bigint {
  const parameter = { top: BigInt(variance.top), bottom: BigInt(variance.bottom) };
  return noise.take({ family: 'discrete-gaussian', parameter }, 1)[0]!;
}

interface WeightedRead extends ColumnRead {
  /** Whose sums they are, one by one, and how much each counts in its cell. */
  readonly cells: readonly CellToOpen[];
  readonly weights: readonly bigint[];
}

/** Column by column, so that its pads are made once. */
function readsOf(request: OpeningRequest, cells: readonly CellToOpen[]): readonly WeightedRead[] {
  const reads = cells.flatMap((cell) =>
    request.statistics[cell.statistic]!.functional.weights.map((weight) => ({ cell, ...weight })),
  );
  return [...Map.groupBy(reads, ({ column, of }) => sumName(column, of))].map(([name, same]) => ({
    column: same[0]!.column,
    of: same[0]!.of,
    sums: same.map(({ cell: { set } }) => ({ sum: set.sumOf.get(name)!, rows: set.rows })),
    cells: same.map(({ cell }) => cell),
    weights: same.map(({ weight }) => BigInt(weight)),
  }));
}

/** Sixteen deviations of noise: beyond lie less than 2^−180 of it. */
const DEVIATIONS = 16;

function isPlausible(
  noisy: bigint,
  { set }: CellToOpen,
  { functional, variance }: Statistic,
  { columns }: Opening['held'],
): boolean {
  const { min, max } = functionalRange(functional, (name) =>
    encryptedRange(columns.find((column) => column.name === name)!),
  );
  const rows = BigInt(set.rows.size);
  const slack = BigInt(Math.ceil(DEVIATIONS * Math.sqrt(Number(variance.top) / Number(variance.bottom))));
  return noisy >= rows * min - slack && noisy <= rows * max + slack;
}
