/** What a plan asks for and does not use (domain.md, 34). Pure. */

export interface UsedTable {
  readonly resource: string;
  readonly columns: readonly string[];
}

export interface TableMinimum {
  readonly resource: string;
  readonly used: readonly string[];
  /** Asked for, and in no query so far. */
  readonly unused: readonly string[];
}

/**
 * @param asked what the plan grants.
 * @param uses of its jobs, or of the questions that it was written for.
 */
export function minimumOf(asked: readonly UsedTable[], uses: readonly UsedTable[]): readonly TableMinimum[] {
  return asked.map(({ resource, columns }) => {
    const seen = new Set(uses.filter((one) => one.resource === resource).flatMap((one) => one.columns));
    const used = columns.filter((column) => seen.has(column));
    return { resource, used, unused: columns.filter((column) => !seen.has(column)) };
  });
}
