/** The door of `policies`: pure rules. What may be asked, what mode it gets, what may leave. */
export * from './errors.ts';
export * from './levels.ts';
export * from './table-schema.ts';
export * from './table-data.ts';
export * from './sql/sql-type.ts';
export type * from './sql/plan.ts';
export type { EmittedSql } from './sql/emit/emitted-sql.ts';
export type { UntrustedSql } from './sql/parse.ts';
export type { GrantedTable, QueryCatalog, ResolvedQuery, TableUse } from './sql/resolve.ts';
export type { Because, Decision, OutputLabel } from './sql/decide.ts';
export type { PrivatePlan } from './sql/rewrite.ts';
export type { CompiledQuery } from './sql/compile.ts';
export type { ReleasedResult, Suppressed } from './release/released-result.ts';
export * from './access/access-policies.ts';
