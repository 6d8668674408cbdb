/**
 * SQL of a unit's class: 64 classes by a hash of the token; what belongs to nobody is class 64. Stored at registration
 * (stored-twins.ts) and computed where it is not.
 */
export const unitClassSql = (token: string): string =>
  `(CASE WHEN ${token} IS NULL THEN 64 ELSE CAST(hash(${token}) & 63 AS BIGINT) END)`;
