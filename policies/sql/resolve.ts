import type { UnitKind } from '../table-schema.ts';
import type { TableSchema } from '../table-schema.ts';
import type { Rel } from './plan.ts';

/** What exists for a caller: the tables and columns that the job's plan grants, each in one version. */
export interface GrantedTable {
  readonly resource: string;
  readonly version: number;
  /** Cut down to the granted columns. */
  readonly schema: TableSchema;
  readonly rowsPerUnitMax: Readonly<Partial<Record<UnitKind, number>>>;
}
export type QueryCatalog = ReadonlyMap<string, GrantedTable>;

/** Stage `resolve`: names bound, types known, every function on the allow-list. */
export interface ResolvedQuery {
  readonly kind: 'resolved';
  readonly plan: Rel;
  /** The catalogue tables and stored columns that the query uses anywhere. */
  readonly uses: readonly TableUse[];
}
export interface TableUse {
  readonly resource: string;
  readonly version: number;
  readonly table: string;
  readonly columns: readonly string[];
}
