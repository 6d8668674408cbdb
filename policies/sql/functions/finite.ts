/** Above this length the test does not repeat the expression, so that SQL stays linear in the plan. */
const REPEATED_LENGTH_MAX = 300;

/** NaN and infinities become NULL. */
export function finiteOnly(sql: string): string {
  if (sql.length <= REPEATED_LENGTH_MAX) return `CASE WHEN isfinite(${sql}) THEN ${sql} END`;
  return ["'nan'", "'inf'", "'-inf'"].reduce((inner, value) => `NULLIF(${inner}, CAST(${value} AS DOUBLE))`, sql);
}
