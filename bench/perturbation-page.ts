import { countInterval } from '../policies/mechanisms/cell-key/intervals.ts';
import type { CountParameters } from '../policies/mechanisms/cell-key/perturbation-parameters.ts';
import { type PerturbationTable, perturbationTable } from '../policies/mechanisms/cell-key/perturbation-table.ts';

/** How figures of mode `perturbed` stand in policies/PERTURBATION.md. */

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function share(value: number): string {
  return value.toFixed(3).replace(/^0/, '');
}

export function percent(value: number): string {
  return `${(100 * value).toFixed(value < 0.01 ? 2 : 1)} %`;
}

/** The published perturbation table: probabilities in percent, by true count and noise. */
export function publishedTable(parameters: CountParameters): string {
  const table = perturbationTable(parameters);
  const noises = Array.from({ length: 2 * parameters.D + 1 }, (_, k) => BigInt(k - parameters.D));
  const stationary = parameters.D + parameters.js + 1;
  const rows = Array.from({ length: stationary + 1 }, (_, count) =>
    publishedRow(table, BigInt(count), stationary, noises),
  );
  return markdownTable(['true count', ...noises.map((noise) => (noise > 0n ? `+${noise}` : String(noise)))], rows);
}

function publishedRow(
  table: PerturbationTable,
  count: bigint,
  stationary: number,
  noises: readonly bigint[],
): readonly string[] {
  const weights = new Map(table.row(count).map(({ noise, weight }) => [noise, weight]));
  const cells = noises.map((noise) => {
    const weight = weights.get(noise);
    return weight === undefined ? '' : ((100 * Number(weight)) / 2 ** 64).toFixed(2);
  });
  return [`${count}${count === BigInt(stationary) ? ' and above' : ''}`, ...cells];
}

/** 95% intervals by released count. */
export function publishedIntervals(parameters: CountParameters): string {
  const table = perturbationTable(parameters);
  const released = Array.from({ length: 2 * parameters.D + parameters.js + 2 }, (_, count) => BigInt(count)).filter(
    (count) => count === 0n || count > BigInt(parameters.js),
  );
  const text = (count: bigint): string => {
    const { low, high } = countInterval(count, table);
    return `${low}–${high}`;
  };
  return markdownTable(['released', ...released.map(String)], [['true', ...released.map(text)]]);
}
