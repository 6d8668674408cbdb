/**
 * Developers' own data beside the city's (社会数据, T11). WHY so: rows that an asker made are a question in themselves; who may change one row at
 * a time asks about one row at a time (attacks A.17).
 */

/** Fewest different rows of a table, and fewest rows in which two uploads may differ, if they do. */
export const INTAKE_ROWS_MIN = 50;
/** Most tables that one plan may ever take in, all of its intakes together. */
export const INTAKE_UPLOADS_MAX = 3;

/** What keeps an upload from being taken in. */
export type IntakeProblem = 'rows' | 'near' | 'uploads';

/**
 * @param distinct different rows of the upload.
 * @param differences to each earlier upload of the table: rows that are in one of the two only.
 */
export function intakeProblem(distinct: bigint, differences: readonly bigint[]): IntakeProblem | null {
  if (distinct < INTAKE_ROWS_MIN) return 'rows';
  return differences.some((rows) => rows > 0n && rows < INTAKE_ROWS_MIN) ? 'near' : null;
}
