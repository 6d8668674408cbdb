import { assert } from '../errors.ts';
import { toFixedPoint } from '../mechanisms/cell-key/fixed-point.ts';
import type { ChoiceParameters } from '../mechanisms/exponential-mechanism/exponential-mechanism.ts';
import { gaussianKind, type NoiseKind } from '../mechanisms/noise-pool/noise-pool.ts';
import type { NoisyThreshold, ThresholdParameters } from '../mechanisms/partition-selection/noisy-threshold.ts';
import type { OutputColumn } from '../sql/plan.ts';
import { exactOfFraction, type Fraction } from '../sql/rewrite/fraction.ts';
import type { PrivateBoundary, PrivateLayout, PrivateValue } from '../sql/rewrite/private-layout.ts';
import type { Tail } from '../sql/uncertainty/released-ends.ts';
import type { Cell, TableData } from '../table-data.ts';
import { compareKeys } from './key-order.ts';
import { selectionNoise, thresholdOf } from './noise-ahead.ts';
import { chosenValue, firstChosen } from './private-choices.ts';
import { noiseOfTree, noisyTree, quantileCell } from './private-quantiles.ts';
import { numberCell, type PrivateCell } from './private-values.ts';
import { type ProtectedTable, releasedTable } from './protected-table.ts';

/** Where the chance of mode `dp` comes from. In tests possibly a source without any. */
export interface PrivacyNoise {
  /** `count` independent values of one kind. */
  take(kind: NoiseKind, count: number): readonly bigint[];
  /** Position of one utility, by the exponential mechanism. */
  choose(utilities: readonly bigint[], parameters: ChoiceParameters): number;
  /** What shows groups, and with which noise. */
  threshold(parameters: ThresholdParameters): Pick<NoisyThreshold, 'noise' | 'keeps'>;
}

/** A boundary's noisy numbers, and how far each may be off. */
export interface PrivateTable extends ProtectedTable {
  readonly intervals: PrivateIntervals;
}
/**
 * Intervals of a released column, row by row: of 95%, or, where they are some of several that something else stands on, such that all of their
 * `draws` hold together. Keys have none. True values are not in it.
 */
export type PrivateIntervals = (column: number, draws?: number, tail?: Tail) => readonly PrivateCell['interval'][];

/**
 * Adds noise to the sums of a boundary: true values exist in here only.
 *
 * Guarantee: ρ-zCDP of each term as privacy-split.ts charges it. Every group of a public list is there, an empty one too; of other groups
 * those that chance selects. Order, number and type of what leaves depend on released numbers and on the query only.
 * Neighbouring, sensitivity, cost: private-bounding.ts, privacy-split.ts. Limits: the engine's answer takes the time it takes (the release
 * clock hides it). Source: Canonne, Kamath and Steinke (NeurIPS 2020); Desfontaines et al. (PETS 2022).
 */
export function privateTable({ layout, released }: PrivateBoundary, raw: TableData, noise: PrivacyNoise): PrivateTable {
  const shown = layout.first === undefined ? shownGroups(layout, raw, noise) : firstShown(layout, raw, noise);
  const sums = layout.terms.map(({ column, scale, variance }) => {
    const drawn = noiseFor(variance, shown.length, noise);
    return shown.map((row, position) => wholeNumber(raw.values[column]![row]!, scale) + drawn[position]!);
  });
  const trees = layout.trees.map((tree) => {
    const each = noiseOfTree(tree);
    const drawn = noiseFor(tree.variance, each * shown.length, noise);
    return shown.map((row, position) =>
      noisyTree(tree, raw.values[tree.column]![row]!, drawn.slice(position * each, (position + 1) * each)),
    );
  });
  const chosen = (layout.first === undefined ? layout.choices : []).map((choice) =>
    shown.map((row) => chosenValue(choice, raw.values[choice.column]![row]!, noise)),
  );
  const keys = layout.keys.map((key) => shown.map((row) => raw.values[key]![row]!));
  const numbers = shown.map((_, position) => sums.map((sum) => sum[position]!));
  const cells = (value: PrivateValue, draws: number, tail: Tail): readonly PrivateCell[] =>
    shown.map((_, position) => {
      if (value.kind === 'quantile')
        return quantileCell(value, layout.trees[value.tree]!, trees[value.tree]![position]!, draws);
      if (value.kind === 'standing') return { value: BigInt(shown.length - position), interval: null };
      if (value.kind === 'choice') return { value: chosen[value.choice]![position]!, interval: null };
      return numberCell(value, layout.terms, numbers[position]!, draws, tail);
    });
  return {
    table: tableOfCells(released, keys, layout.values, cells),
    suppressed: { cells: 0, groups: 0, reasons: [] },
    intervals: intervalsOf(layout, shown.length, cells),
  };
}

type CellsOf = (value: PrivateValue, draws: number, tail: Tail) => readonly PrivateCell[];

export function tableOfCells(
  released: readonly OutputColumn[],
  keys: readonly (readonly Cell[])[],
  values: readonly PrivateValue[],
  cells: CellsOf,
): TableData {
  const columns = values.map((value) => cells(value, 1, 'normal').map((cell) => cell.value));
  const frozen = [...keys, ...columns].map((column) => Object.freeze(column));
  return releasedTable(released, frozen, columns[0]?.length ?? keys[0]?.length ?? 0);
}

export function intervalsOf(
  { keys, values }: Pick<PrivateLayout, 'keys' | 'values'>,
  rows: number,
  cells: CellsOf,
): PrivateIntervals {
  return (column, draws = 1, tail = 'normal') => {
    const value = values[column - keys.length];
    if (value === undefined) return Array.from({ length: rows }, () => null);
    return cells(value, draws, tail).map(({ interval }) => interval);
  };
}

/** In the order of their keys: the engine's own would tell about rows. */
export function shownGroups(
  { keys, selection }: Pick<PrivateLayout, 'keys' | 'selection'>,
  raw: TableData,
  noise: PrivacyNoise,
): readonly number[] {
  const all = Array.from({ length: raw.rowCount }, (_, row) => row);
  const byKey = (rows: readonly number[]) => rows.toSorted((a, b) => compareKeys(keys, raw, a, b));
  if (selection === null) return byKey(all);
  const threshold = noise.threshold(thresholdOf(selection));
  const drawn = noise.take(threshold.noise, selectionNoise(raw.rowCount));
  const units = (row: number) => Number(wholeNumber(raw.values[selection.units]![row]!, 0));
  return byKey(all.filter((row) => threshold.keeps(units(row), drawn[row]!)));
}

/** In the order in which they were chosen; which that is where counts are equal depends on keys alone. */
function firstShown(layout: PrivateLayout, raw: TableData, noise: PrivacyNoise): readonly number[] {
  const [choice] = layout.choices;
  assert(choice !== undefined && layout.selection === null, 'first groups are chosen out of a public list');
  const all = shownGroups(layout, raw, noise);
  const counts = all.map((row) => wholeNumber(raw.values[choice.column]![row]!, 0));
  return firstChosen(choice, counts, layout.first ?? 0, noise).map((place) => all[place]!);
}

/** INVARIANT: how much noise is drawn, and of which kind, is known before a value is looked at. */
function noiseFor(variance: Fraction, count: number, noise: PrivacyNoise): readonly bigint[] {
  if (variance.top === '0') return Array.from({ length: count }, () => 0n);
  const drawn = noise.take(gaussianKind(exactOfFraction(variance)), count);
  assert(drawn.length === count, 'one noise a cell');
  return drawn;
}

/** A group without rows has no sum: nothing was added up. */
export function wholeNumber(cell: Cell, scale: number): bigint {
  return cell === null ? 0n : (toFixedPoint(cell, scale) ?? 0n);
}
