import type { ErrorCode } from '../../policies/errors.ts';
import type { World } from './attacked-table.ts';

export type Rows = readonly (readonly unknown[])[];

/** One query that tries to learn the target's secret from one answer. */
export interface Attack {
  /** Number in the attack list, and of the spelling. */
  readonly id: string;
  readonly name: string;
  readonly sql: string;
  /** The code of the refusal; absent: there is an answer, and it must tell nothing. */
  readonly refused?: ErrorCode;
  /** What the attacker computes from the answer alone. Default: the whole answer. */
  readonly learn?: (rows: Rows) => unknown;
  /** Query that the control runs where the attack's own text means nothing to a bare engine. */
  readonly control?: string;
  /** The world to compare the secret one with. Default: `ordinary`. */
  readonly against?: Exclude<World, 'secret'>;
  /** Works without protection in every world: the control asks for an answer, not for a difference. */
  readonly always?: true;
}

/** What only the target meets, and only in the secret world. */
export const BIT = "age = 99 AND zip = 'z3' AND salary > 8000000";
/** What only the target meets, in both worlds. */
export const TARGET = "age = 99 AND zip = 'z3'";
/** Zero for the target in the secret world only. */
export const GAP = '(salary - 8731 * 1000 - 946)';

/** The difference of two columns of the only row: one person's part where one set has one person more. */
export const difference =
  (a = 0, b = 1) =>
  ([row]: Rows): number | null =>
    row === undefined || row[a] === null || row[b] === null ? null : Number(row[a]) - Number(row[b]);

/** What is beyond a known constant per person: `[sum, count]` of one row. */
export const beyond =
  (constant: number) =>
  ([row]: Rows): number | null =>
    row?.[0] === null || row?.[1] === null || row === undefined ? null : Number(row[0]) - constant * Number(row[1]);

/** Differences of a column between neighbouring rows: one person's part where sets grow one by one. */
export const steps =
  (column: number) =>
  (rows: Rows): readonly (number | null)[] =>
    rows.slice(1).map((row, index) => {
      const before = rows[index]![column];
      return row[column] === null || before === null ? null : Number(row[column]) - Number(before);
    });

/** Numbers the spellings of one attack, `A8.1` and so on; those of a later series by a letter, `A8.m1`. */
export function spellings(id: number, attacks: readonly Omit<Attack, 'id'>[], series = ''): readonly Attack[] {
  return attacks.map((attack, index) => ({ ...attack, id: `A${id}.${series}${index + 1}` }));
}
