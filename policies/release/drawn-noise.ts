import { type FillRandom, RandomSource } from '../mechanisms/exact-sampling/random-source.ts';
import { NoisePool } from '../mechanisms/noise-pool/noise-pool.ts';
import { PartitionSelection } from '../mechanisms/partition-selection/partition-selection.ts';
import type { PrivacyNoise, SelectionChance } from './private-groups.ts';

/** Tables of chances are remembered for so many parameters. */
const SELECTIONS_MAX = 32;

/** Noise of mode `dp` out of random bytes: one per gateway, whose pool all answers share. */
export function drawnNoise(fill: FillRandom): PrivacyNoise {
  const source = new RandomSource(fill);
  const pool = new NoisePool(source);
  const selections = new Map<string, PartitionSelection>();
  const selectionOf = (chance: SelectionChance): PartitionSelection => {
    const { epsilon, delta, unitsMin } = chance;
    const name = [epsilon.top, epsilon.bottom, delta.top, delta.bottom, unitsMin].join();
    const selection = selections.get(name) ?? new PartitionSelection(chance);
    selections.set(name, selection);
    if (selections.size > SELECTIONS_MAX) selections.delete(selections.keys().next().value!);
    return selection;
  };
  return {
    take: (kind, count) => pool.take(kind, count),
    keeps: (chance, units) => selectionOf(chance).keeps(source, units),
  };
}
