/**
 * The narrow door of `policies`: what a stored table is, and how errors and values look. `sandbox` comes in by this one only.
 * WHY: its workers start for every upload and every lost process; with the compiler, which they never use, a start took 0.75 s longer.
 */
export * from './encrypted-columns.ts';
export * from './errors.ts';
export * from './identifiers/index.ts';
export * from './scaled-numbers.ts';
export type { EmittedSql } from './sql/emit/emitted-sql.ts';
export { acceptedNear } from './sql/forms/syntax-hints.ts';
export { unitClassSql } from './sql/functions/unit-class.ts';
export { notSelect, severalStatements, type UntrustedSql } from './sql/parse.ts';
export type { SqlType } from './sql/sql-type.ts';
export { withStandardSigns } from './sql/text-words.ts';
export * from './stored-prints.ts';
export { RANK_LAST, type StoredTwin, storedTwins, twinName, twinsOf } from './stored-twins.ts';
export * from './table-data.ts';
export * from './table-schema.ts';
