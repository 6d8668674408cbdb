import { NOBODY, UNIT_CLASSES } from '../rewrite/cell-layout.ts';

/**
 * SQL of a unit's class: one of `UNIT_CLASSES`, a power of two, by a hash of the token; `NOBODY` for what belongs to
 * nobody. Stored at registration (stored-twins.ts) and computed where it is not.
 */
export const unitClassSql = (token: string): string =>
  `(CASE WHEN ${token} IS NULL THEN ${NOBODY} ELSE CAST(hash(${token}) & ${UNIT_CLASSES - 1} AS BIGINT) END)`;
