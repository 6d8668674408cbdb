import type { Decision } from './decide.ts';
import type { EmittedSql } from './emit/emitted-sql.ts';
import type { PrivatePlan } from './rewrite.ts';
import type { TableUse } from './resolve.ts';

/** Stage `emit`: what the engine will run. `cells[i]` fills `boundaries[i]`; `finish` reads tables `released_<i>`. */
export interface CompiledQuery {
  readonly kind: 'compiled';
  readonly decision: Decision;
  readonly private: PrivatePlan;
  readonly uses: readonly TableUse[];
  readonly cells: readonly EmittedSql[];
  /** null: the answer is boundary 0's released columns, in the order of `finishColumns`. */
  readonly finish: EmittedSql | null;
  /** For a null `finish`: index into boundary 0's `released`, one per output column. */
  readonly finishColumns: readonly number[];
  /** SHA-256 of the canonical plan: equal for queries that differ in spelling only. */
  readonly planHash: string;
}
