import type { SqlType } from '#policies';
import type { SealedAnswer } from './sealed-answer.ts';
import type { StoredCell, StoredColumn, StoredResult } from './stored-result.ts';

/** A released result as `application/json` shows it: rows in the order of the columns. */
export interface ResultJson {
  job: string;
  mode: StoredResult['mode'];
  columns: ResultColumnJson[];
  rows: StoredCell[][];
  rowCount: number;
  intervals: Record<string, ([number, number] | null)[]>;
  suppressed: { cells: number; groups: number; reasons: StoredResult['suppressed']['reasons'][number][] };
  cost: { rho: number; epsilonAtDelta: number; remaining: number | null };
  versions: { tables: { resource: string; version: number }[]; profile: string; plan: string; query: string };
  /** What the custodian of encrypted columns signed, and the proof that its own log tells of it. */
  custody?: { statement: string; entry: string; receipt: string }[];
  /** What the custodian sealed for the asker: the values that are null in `rows`. */
  sealed?: SealedAnswer;
  /** Where the receipt of this answer is, and the log entry that it proves. */
  receipt: { index: number; href: string };
}
export interface ResultColumnJson {
  name: string;
  type: SqlType['kind'];
  /** decimal only. */
  precision?: number;
  scale?: number;
  mode: StoredColumn['mode'];
  because: { column: string; level: StoredColumn['because'][number]['level'] }[];
  certainty?: NonNullable<StoredColumn['certainty']>;
}

export function resultJson(job: string, outcomeIndex: number, result: StoredResult): ResultJson {
  const show = result.columns.map(({ type }) => cellShower(type));
  const rows = Array.from({ length: result.rowCount }, (_, row) =>
    show.map((shown, column) => shown(result.values[column]?.[row] ?? null)),
  );
  return {
    job,
    mode: result.mode,
    columns: result.columns.map(columnJson),
    rows,
    rowCount: result.rowCount,
    ...resultFacts(result),
    ...(result.custody === undefined ? {} : { custody: result.custody.map((proof) => ({ ...proof })) }),
    ...(result.sealed === undefined ? {} : { sealed: result.sealed }),
    receipt: { index: outcomeIndex, href: `/v1/jobs/${job}/receipt` },
  };
}

/** What every format carries beside columns and rows. */
export function resultFacts(result: StoredResult): Pick<ResultJson, 'intervals' | 'suppressed' | 'cost' | 'versions'> {
  const { intervals, suppressed, cost, versions } = result;
  return {
    intervals: Object.fromEntries(
      Object.entries(intervals).map(([name, cells]) => [name, cells.map((cell) => cell && [cell[0], cell[1]])]),
    ) as ResultJson['intervals'],
    suppressed: { ...suppressed, reasons: [...suppressed.reasons] },
    cost: { ...cost },
    versions: { ...versions, tables: versions.tables.map((table) => ({ ...table })) },
  };
}

export function columnJson(
  column: Pick<StoredColumn, 'name' | 'type' | 'mode' | 'because' | 'certainty'>,
): ResultColumnJson {
  const { name, type, mode, because, certainty } = column;
  const digits = type.kind === 'decimal' ? { precision: type.precision, scale: type.scale } : {};
  return {
    name,
    type: type.kind,
    ...digits,
    mode,
    because: because.map((cause) => ({ ...cause })),
    ...(certainty === undefined ? {} : { certainty }),
  };
}

export function cellShower(type: SqlType): (cell: StoredCell) => StoredCell {
  return type.kind === 'integer' || type.kind === 'hugeint' || type.kind === 'decimal' ? showNumber : (cell) => cell;
}

/**
 * An exact number as a JSON number where every reader's double holds it exactly, else as decimal text.
 * WHY: most readers parse numbers as doubles; 15 significant digits survive that, and integers up to 2^53 − 1.
 */
function showNumber(cell: StoredCell): StoredCell {
  if (typeof cell !== 'string') return cell;
  const number = Number(cell);
  if (!cell.includes('.')) return Number.isSafeInteger(number) ? number : cell;
  const digits = cell.replace(/^-?0*\.?0*|\.|-/g, '').length;
  return digits <= 15 ? number : cell;
}
