import { toFixedPoint } from '../mechanisms/cell-key/fixed-point.ts';
import { type Flex, flexFor } from '../mechanisms/cell-key/flex.ts';
import { countInterval, type Interval, sumInterval } from '../mechanisms/cell-key/intervals.ts';
import type { PerturbationParameters } from '../mechanisms/cell-key/perturbation-parameters.ts';
import { perturbationTable } from '../mechanisms/cell-key/perturbation-table.ts';
import type { ColumnId } from '../sql/plan.ts';
import type { CellLayout, CellTerm } from '../sql/rewrite/cell-layout.ts';
import type { PrivatePlan } from '../sql/rewrite.ts';
import type { Cell, TableData } from '../table-data.ts';
import { CLASS_PARTS } from './noise.ts';
import { sourceOf } from './output-source.ts';
import type { ReleasedResult } from './released-result.ts';

/**
 * 95% intervals of what left with noise, for the columns of the answer that are released values as they are. WHY after
 * `finish`: an interval is a function of the released number and of public bounds alone, so that it tells no more.
 */
export function valueIntervals(
  { boundaries, finish, mode }: PrivatePlan,
  answer: TableData,
  outputs: readonly { readonly id: ColumnId; readonly name: string }[],
  parameters: PerturbationParameters,
): ReleasedResult['intervals'] {
  if (mode !== 'perturbed') return {};
  const found = outputs.flatMap(({ id, name }, position) => {
    const source = sourceOf(finish, id);
    const boundary = source === null ? undefined : boundaries[source.boundary];
    if (boundary?.kind !== 'cells') return [];
    const column = source!.column - boundary.layout.keys.length;
    if (column < 0) return [];
    const interval = ofValue(boundary.layout, column, parameters);
    return interval === null ? [] : [[name, (answer.values[position] ?? []).map(interval)] as const];
  });
  return Object.freeze(Object.fromEntries(found));
}

type OfCell = (cell: Cell) => readonly [number, number] | null;

function ofValue(layout: CellLayout, position: number, parameters: PerturbationParameters): OfCell | null {
  const value = layout.values[position];
  const [only, ...others] = value?.forms.flat() ?? [];
  if (value === undefined || only === undefined || others.length > 0) return null;
  const plain = only.factor.top === '1' && only.factor.bottom === '1';
  if (!plain || (value.rule !== 'sum' && value.rule !== 'distinct')) return null;
  const term = layout.terms[only.term]!;
  const interval = ofTerm(layout, term, parameters);
  if (term.noise === null) return null;
  const { scale } = term.noise;
  return (cell) => {
    const released = cell === null ? null : toFixedPoint(cell, scale);
    const ends = released === null ? null : interval(released);
    return ends === null ? null : [Number(ends.low) / 10 ** scale, Number(ends.high) / 10 ** scale];
  };
}

function ofTerm(
  layout: CellLayout,
  { check, noise }: CellTerm,
  parameters: PerturbationParameters,
): (released: bigint) => Interval | null {
  const { kind, bounds } = layout.checks[check]!;
  const oneEach = kind !== 'sum' && kind !== 'distinct' && layout.units.every(({ oneRow }) => oneRow);
  const counted = (released: bigint) => countInterval(released, perturbationTable(parameters));
  if (oneEach) return counted;
  const declared = noise?.bound ?? null;
  const bound = declared === null ? null : BigInt(declared) * 10n ** BigInt(noise!.scale);
  const flex: Flex = flexFor(parameters.flex, bound === null || bound < 1n ? 1n : bound);
  // WHY not the most rows of a unit: it is an extreme of the data, and the width would tell it.
  const oneRow = layout.units.every((unit) => unit.oneRow);
  const oneSigned = kind !== 'sum' || bounds.every((one) => one !== null);
  const summed = (released: bigint) => {
    const most = !oneRow || bound === null ? null : oneSigned ? larger(bound, classMost(released)) : bound;
    return sumInterval(released, flex, { contributionMax: most, oneSigned });
  };
  // A count to which units add more than one has the noise of a sum, and a sum of ones that of a count: either may be.
  const mayCount = kind !== 'sum' || (noise?.scale === 0 && oneSigned);
  return mayCount ? (released) => hull(counted(released), summed(released)) : summed;
}

/** What a class may hold that stood for its largest unit (noise.ts): no noise takes away more than a half of a total. */
function classMost(released: bigint): bigint {
  return (2n * (released < 0n ? -released : released)) / CLASS_PARTS + 1n;
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function hull(a: Interval, b: Interval | null): Interval {
  if (b === null) return a;
  const [low, , , high] = [a.low, a.high, b.low, b.high].sort((x, y) => (x < y ? -1 : Number(x > y)));
  return { low: low!, high: high! };
}
